
_heirloom() {
  local verb open count pending ended word kind about
  local -a candidates
  _heirloom_walk "${(@)words[2,CURRENT-1]}"
  if [[ -z $pending && $ended = no && $PREFIX = --*=* ]]; then
    pending="${${PREFIX%%=*}#--}"
    compset -P '*='
  fi
  if [[ -n $pending ]]; then
    _heirloom_values "$(_heirloom_kind "$pending")"
  elif [[ $ended = no && $PREFIX = -* ]]; then
    while IFS=$'\t' read -r word kind about; do
      candidates+=("--$word:$about")
    done < <(_heirloom_options "$verb")
    _describe option candidates
  else
    if [[ $open = yes ]]; then
      while IFS=$'\t' read -r word about; do
        candidates+=("$word:$about")
      done < <(_heirloom_following "$verb")
      if (( $#candidates > 0 )); then _describe verb candidates; fi
    fi
    _heirloom_values "$(_heirloom_operand "$verb" "$count")"
  fi
}

_heirloom_values() {
  local -a values
  case "$1" in
    file) _files ;;
    dir) _files -/ ;;
    'words '*)
      values=(${(s: :)${1#words }})
      compadd -a values
      ;;
  esac
}

# A file in fpath is the function itself; a file that is sourced declares it.
if [[ $funcstack[1] = _heirloom ]]; then _heirloom "$@"; else compdef _heirloom heirloom; fi
