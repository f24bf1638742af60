
_heirloom() {
  local verb open count pending ended word about
  local current="${COMP_WORDS[COMP_CWORD]}"
  _heirloom_walk "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  COMPREPLY=()
  if [[ -n $pending ]]; then
    if [[ $current = '=' ]]; then current=''; fi
    _heirloom_values "$(_heirloom_kind "$pending")" "$current"
  elif [[ $ended = no && $current = -* ]]; then
    while IFS=$'\t' read -r word about; do
      if [[ --$word = "$current"* ]]; then COMPREPLY+=("--$word"); fi
    done < <(_heirloom_options "$verb")
  else
    if [[ $open = yes ]]; then
      while IFS=$'\t' read -r word about; do
        if [[ $word = "$current"* ]]; then COMPREPLY+=("$word"); fi
      done < <(_heirloom_following "$verb")
    fi
    _heirloom_values "$(_heirloom_operand "$verb" "$count")" "$current"
  fi
}

_heirloom_values() {
  local found words=''
  case "$1" in
    file) words=$(compgen -f -- "$2") ;;
    dir) words=$(compgen -d -- "$2") ;;
    'words '*) words=$(compgen -W "${1#words }" -- "$2") ;;
  esac
  # An older bash has no compopt; it adds no slash to a directory.
  case "$1" in file | dir) compopt -o filenames 2>/dev/null || : ;; esac
  while IFS= read -r found; do
    if [[ -n $found ]]; then COMPREPLY+=("$found"); fi
  done <<<"$words"
}

complete -F _heirloom heirloom
