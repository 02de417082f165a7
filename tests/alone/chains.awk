# SPDX-License-Identifier: MIT
# awk -v root=ROOT -f chains.awk FILE... : sorts the headers and sources FILEs into chains, one per line. In a chain, all that a
# file includes, and the file itself if it is a header, is included by the next one, too, so the compiler that takes a
# chain as one sees each file with nothing before it that it does not include itself. Includes under a condition count as
# what may stand before, and not as what a file includes.

# Where `include`, with its quotes, in the file `from` leads; the include itself if that is not ours.
function resolve(from, include,    name, line, place, places, count, i) {
  name = substr(include, 2, length(include) - 2)
  count = split("include tests examples .", places, " ")
  if (include ~ /^"/) {
    place = from
    sub(/[^\/]*$/, "", place)
    if ((getline line < (place name)) >= 0) { close(place name); return place name }
  }
  for (i = 1; i <= count; i++) {
    place = root "/" (places[i] == "." ? "" : places[i] "/") name
    if ((getline line < place) >= 0) { close(place); return place }
  }
  return "<" name ">"
}

# Reads what `file` includes: always[file, 1..] and maybe[file, 1..].
function read(file,    line, depth, guards, found) {
  if (file in known) return
  known[file]
  if (file ~ /^</) return
  while ((getline line < file) > 0) {
    if (line ~ /^ *# *if/) {
      if (!depth++ && line ~ /^#ifndef .*_HPP$/ && !guards) guards = 1
    } else if (line ~ /^ *# *endif/) {
      depth--
    } else if (match(line, /^ *# *include [<"][^>"]+[>"]/)) {
      sub(/^ *# *include /, "", line)
      sub(/[>"].*$/, "&", line)
      match(line, /^.[^>"]+./)
      found = resolve(file, substr(line, 1, RLENGTH))
      if (depth <= guards) always[file, ++certain[file]] = found
      else maybe[file, ++possible[file]] = found
    }
  }
  close(file)
}

# Adds what `file` includes to what stands before the next one, list[item, 1..size[item]], and, if it does so for sure, to
# own[item, ...]. A condition in a header that both include holds for both or neither.
function close_over(item, file, sure,    i) {
  read(file)
  for (i = 1; i <= certain[file]; i++) add(item, always[file, i], sure)
  if (item == file && file !~ /\.hpp$/)
    for (i = 1; i <= possible[file]; i++) add(item, maybe[file, i], 0)
}
function add(item, file, sure) {
  if ((item, file) in own || (item, file) in seen) return
  if (sure) own[item, file]
  else seen[item, file]
  list[item, ++size[item]] = file
  close_over(item, file, sure)
}

function fits(last, item,    i) {
  if (last ~ /\.hpp$/ && !((item, last) in own)) return 0
  if (size[last] > size[item] || (item ~ /\.hpp$/ && last !~ /\.hpp$/)) return 0
  for (i = size[last]; i >= 1; i--) if (!((item, list[last, i]) in own)) return 0
  return 1
}

BEGIN {
  for (i = 1; i < ARGC; i++) {
    close_over(ARGV[i], ARGV[i], 1)
    rank = size[ARGV[i]] * 2 + (ARGV[i] !~ /\.hpp$/)
    ranked[rank] = ranked[rank] " " ARGV[i]
    if (rank > highest) highest = rank
  }
  # What includes least comes first, and goes to the chain of which it includes most.
  for (rank = 0; rank <= highest; rank++) {
    files = split(ranked[rank], file, " ")
    for (i = 1; i <= files; i++) {
      best = 0
      for (chain = 1; chain <= chains; chain++)
        if ((!best || size[end[chain]] > size[end[best]]) && fits(end[chain], file[i])) best = chain
      if (!best) best = ++chains
      text[best] = text[best] (text[best] == "" ? "" : " ") file[i]
      end[best] = file[i]
    }
  }
  for (chain = 1; chain <= chains; chain++) print text[chain]
}
