
# What the words before the cursor are. Sets variables of its caller: verb; open, while a word of the verb may
# follow; count, of the operands; pending, the option whose value follows; ended, after --.
_heirloom_walk() {
  local word helped=no
  verb='' open=yes count=0 pending='' ended=no
  for word in "$@"; do
    if [[ -n $pending ]]; then
      # Bash takes --option=value as three words.
      [[ $word = '=' ]] || pending=''
      continue
    fi
    case "$ended $word" in
      'no --') ended=yes ;;
      'no --'*=*) ;;
      'no --'?*) case "$(_heirloom_kind "${word#--}")" in '' | flag) ;; *) pending="${word#--}" ;; esac ;;
      'no -'[!0-9I]*) ;;
      *)
        if [[ $open$helped$verb$word = yesnohelp ]]; then
          helped=yes
        elif [[ $open = yes ]] && _heirloom_following "$verb" | grep -q "^$word	"; then
          verb="${verb:+$verb }$word"
        else
          open=no count=$((count + 1))
        fi
        ;;
    esac
  done
}

# What an option of the verb takes: flag, text, file, dir, or words and the words.
_heirloom_kind() {
  local name kind about
  _heirloom_options "${verb:--}" | while IFS=$'\t' read -r name kind about; do
    if [[ $name = "$1" ]]; then printf '%s' "$kind"; fi
  done
}
