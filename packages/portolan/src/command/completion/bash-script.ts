/**
 * The completion script for bash. The script of the completion library runs what is typed: it puts the words of the
 * line into `eval`, so that Tab behind `-f $(reboot)` would reboot. It also needs the package bash-completion, fails
 * where it is read twice, and completes nothing behind `=` and no file names.
 *
 * bash cuts words at `=` and `:`, and takes several of these in a row as one word (COMP_WORDBREAKS). So this script
 * puts them together again, and compares what is offered with the text behind the last of these characters.
 */
export const bashScript = `# bash completion for portolan

_portolan() {
  local -a typed=()
  local word joined= current=\${COMP_WORDS[COMP_CWORD]}
  local at
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ $word =~ ^[=:]+$ && \${#typed[@]} -gt 0 ]]; then
      typed[\${#typed[@]}-1]+=$word
      joined=yes
    elif [[ -n $joined ]]; then
      typed[\${#typed[@]}-1]+=$word
      joined=
    else
      typed+=("$word")
    fi
  done
  [[ $current =~ ^[=:]+$ ]] && current=

  local -a lines=()
  mapfile -t lines < <("$1" complete -- "\${typed[@]}" 2>/dev/null)
  local count=\${#lines[@]}
  COMPREPLY=()
  ((count > 0)) || return 0
  local directive=\${lines[count - 1]#:}
  if [[ $directive == 0 ]]; then
    compopt -o default
    return 0
  fi
  if [[ $directive == 16 ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
    return 0
  fi
  # Of a value with a colon, bash replaces only what is behind the colon.
  local whole=\${typed[-1]}
  local lead=\${whole%"$current"}
  lead=\${lead#--*=}
  local line value
  for line in "\${lines[@]:0:count-1}"; do
    value=\${line%%$'\\t'*}
    value=\${value#"$lead"}
    [[ $value == "$current"* ]] && COMPREPLY+=("$value")
  done
  return 0
}

complete -F _portolan portolan
`
