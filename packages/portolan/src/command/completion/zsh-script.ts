/**
 * The completion script for zsh. The script of the completion library ends a word at its first colon: it quotes the
 * colons in a way that zsh takes back, and `_describe` reads what is behind one as the meaning of the word. It also
 * inserts words as they are, without quoting them for the shell.
 */
export const zshScript = `#compdef portolan
# zsh completion for portolan

_portolan() {
  local program=\${(Q)words[1]}
  program=\${program/#\\~\\//$HOME/}
  local -a typed lines words_offered
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  lines=("\${(@f)$("$program" complete -- "\${typed[@]}" 2>/dev/null)}")
  local directive=\${lines[-1]#:}
  # Of "--option=value" only the value is completed.
  [[ $PREFIX == --*=* ]] && compset -P 1 '--*='
  if [[ $directive == 0 ]]; then
    _files
    return
  fi
  if [[ $directive == 16 ]]; then
    _files -/
    return
  fi
  local line word meaning
  for line in "\${(@)lines[1,-2]}"; do
    word=\${line%%$'\\t'*}
    [[ -n $word ]] || continue
    meaning=
    [[ $line == *$'\\t'* ]] && meaning=\${line#*$'\\t'}
    words_offered+=("\${word//:/\\\\:}\${meaning:+:$meaning}")
  done
  ((\${#words_offered} > 0)) || return 1
  _describe portolan words_offered
}

compdef _portolan portolan
# A file that zsh loads by its name (fpath) is the function itself.
if [[ \${funcstack[1]} == _portolan ]]; then _portolan; fi
`
