// SPDX-License-Identifier: MIT
// What the reader types, as the site's search engine (Lunr) wants it. Lunr takes `:` for the name of a field and `+` for an
// operator, and knows a word only as it is written; so C++ names lose what is not a word, and each word is also looked for
// in the other number and by its beginning: "events" finds "event", "enums" finds "enumerations".
"use strict";

var __search = {
  // Words of a question that say nothing of what is asked.
  ignored: new Set(("a about all an and any are as at be by c can could do does for from has have how i if in into is it its " +
    "me my of on or our should so some that the their them then there this to want was we what when where which who why " +
    "will with without would you your").split(" ")),

  // "events" is looked for as events and event*.
  stem: function (word) {
    return word.replace(/ies$/, "").replace(/(ss|x|ch|sh)es$/, "$1").replace(/([^s])s$/, "$1")
      .replace(/(.{4})(ing|ed)$/, "$1");
  },

  transform: function (query) {
    var words = query.toLowerCase()
      .replace(/\bg\+\+/g, "gcc").replace(/\bclang\+\+/g, "clang")
      .replace(/\b(castore|std)::/g, " ")
      .replace(/\+(?!\+?\d)/g, " ")        // C++ is c, but C++20 remains
      .replace(/[^\p{L}\p{N}_+]+/gu, " ").trim().split(" ");
    var telling = words.filter(function (word) { return !__search.ignored.has(word); });
    return (telling.length ? telling : words).map(function (word) {
      // A word that is repeated counts for more. (Lunr's own `^10` would have "10" highlighted in what is found.)
      var stem = __search.stem(word);
      var clauses = Array(10).fill(word);
      clauses = clauses.concat(Array(5).fill(stem === word ? word + "s" : stem));
      return clauses.concat(stem.length < 3 ? [] : stem + "*").join(" ");
    }).join(" ");
  }
};
