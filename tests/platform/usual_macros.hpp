// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_PLATFORM_USUAL_MACROS_HPP
#define CASTORE_TESTS_PLATFORM_USUAL_MACROS_HPP

/// @file
/// Macros that programs have when they include our headers, behind those of the standard library and of others. Each
/// becomes what no compiler takes, so that a use of its name is an error that names it.

// X11: X.h, Xlib.h, Xutil.h
#define Absolute @Absolute
#define Above @Above
#define Always @Always
#define AnyKey @AnyKey
#define Below @Below
#define Bool @Bool
#define Complex @Complex
#define ControlMask @ControlMask
#define Convex @Convex
#define CurrentTime @CurrentTime
#define CursorShape @CursorShape
#define DestroyAll @DestroyAll
#define EvenOddRule @EvenOddRule
#define Expose @Expose
#define False @False
#define FillSolid @FillSolid
#define FocusIn @FocusIn
#define FocusOut @FocusOut
#define GrayScale @GrayScale
#define InputFocus @InputFocus
#define KeyPress @KeyPress
#define KeyRelease @KeyRelease
#define LineSolid @LineSolid
#define MapNotify @MapNotify
#define None @None
#define NotUseful @NotUseful
#define Opposite @Opposite
#define ParentRelative @ParentRelative
#define RevertToParent @RevertToParent
#define StaticColor @StaticColor
#define Status @Status
#define Success @Success
#define True @True
#define TrueColor @TrueColor
#define Unsorted @Unsorted
#define WhenMapped @WhenMapped
#define XYBitmap @XYBitmap

// Windows: windows.h and what it includes
#define ABSOLUTE @ABSOLUTE
#define APIENTRY @APIENTRY
#define BOOL @BOOL
#define CALLBACK @CALLBACK
#define CONST @CONST
#define CopyFile @CopyFile
#define CreateEvent @CreateEvent
#define CreateFile @CreateFile
#undef DELETE
#define DELETE @DELETE
#define DIFFERENCE @DIFFERENCE
#define DOMAIN @DOMAIN
#define DeleteFile @DeleteFile
#define ERROR @ERROR
#define FALSE @FALSE
#define FAR @FAR
#define FormatMessage @FormatMessage
#define GetClassName @GetClassName
#define GetCommandLine @GetCommandLine
#define GetCurrentTime @GetCurrentTime
#define GetMessage @GetMessage
#define GetObject @GetObject
#define GetUserName @GetUserName
#define IGNORE @IGNORE
#define IN @IN
#define INFINITE @INFINITE
#define InterlockedIncrement @InterlockedIncrement
#define LoadImage @LoadImage
#define MoveFile @MoveFile
#define NEAR @NEAR
#undef NO_DATA
#define NO_DATA @NO_DATA
#define NO_ERROR @NO_ERROR
#define OPAQUE @OPAQUE
#define OPTIONAL @OPTIONAL
#define OUT @OUT
#define PASCAL @PASCAL
#define PostMessage @PostMessage
#define RELATIVE @RELATIVE
#define ReplaceText @ReplaceText
#define ReportEvent @ReportEvent
#define STRICT @STRICT
#define SendMessage @SendMessage
#define SetEvent @SetEvent
#define StartService @StartService
#define THIS @THIS
#define TRANSPARENT @TRANSPARENT
#define TRUE @TRUE
#define UpdateResource @UpdateResource
#define VOID @VOID
#define Yield @Yield
#define cdecl @cdecl
#define far @far
#define interface @interface
#define near @near
#define pascal @pascal
#define small @small
#undef max
#undef min
#define max(a, b) @max
#define min(a, b) @min

// Qt
#define emit @emit
#define foreach @foreach
#define forever @forever
#define signals @signals
#define slots @slots

// C libraries and compilers: sys/sysmacros.h, sys/param.h, math.h, termios.h, GCC's own
#undef EOF
#undef assert
#undef linux
#undef major
#undef makedev
#undef minor
#undef unix
#define ECHO @ECHO
#define EOF @EOF
#undef MAX
#define MAX(a, b) @MAX
#undef MIN
#define MIN(a, b) @MIN
#define OVERFLOW @OVERFLOW
#define UNDERFLOW @UNDERFLOW
#define assert(condition) @assert
#define bit(number) @bit
#undef howmany
#define howmany(x, y) @howmany
#define i386 @i386
#undef isset
#define isset(a, i) @isset
#define linux @linux
#define major(device) @major
#define makedev(major, minor) @makedev
#define minor(device) @minor
#undef roundup
#define roundup(x, y) @roundup
#define unix @unix

// macOS: AssertMacros.h, and Objective-C
#define NO @NO
#define Nil @Nil
#define YES @YES
#define check(assertion) @check
#define nil @nil
#define require(assertion, label) @require
#define verify(assertion) @verify

// Logging, checking and testing
#undef CHECK
#undef INFO
#undef REQUIRE
#undef WARN
#define ASSERT(condition) @ASSERT
#define CHECK(condition) @CHECK
#define DEBUG @DEBUG
#define EXPECT(condition) @EXPECT
#define FAIL @FAIL
#define FATAL @FATAL
#define INFO @INFO
#define LOG(level) @LOG
#define OK @OK
#define REQUIRE(condition) @REQUIRE
#define SECTION @SECTION
#undef STATUS
#define STATUS @STATUS
#define TEST @TEST
#define TRACE @TRACE
#define UNUSED(x) @UNUSED
#define WARN @WARN
#define WARNING @WARNING
#define unused(x) @unused

// Names of type parameters and of other short things
#define A @A
#define B @B
#define E @E
#define F @F
#define I @I
#define K @K
#define M @M
#define N @N
#define P @P
#define PI @PI
#define R @R
#define S @S
#define T @T
#define U @U
#define V @V
#define _A @_A
#define _B @_B
#define _C @_C
#define _L @_L
#define _N @_N
#define _P @_P
#define _S @_S
#define _T @_T
#define _U @_U
#define _X @_X

#endif
