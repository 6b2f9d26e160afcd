type Words = readonly string[]

/**
 * Commands in the order given, with those side by side that firewall-cmd takes in one start: rich rules of one policy.
 *
 * @returns groups; most are of one command
 */
export const groupRules = (commands: readonly Words[]): readonly (readonly [Words, ...Words[]])[] => {
  const groups: [Words, ...Words[]][] = []
  for (const words of commands) {
    const group = groups.at(-1)
    if (group !== undefined && isRule(words) && isRule(group[0]) && prefixOf(words) === prefixOf(group[0]))
      group.push(words)
    else groups.push([words])
  }
  return groups
}

/** One command for a group. */
export const inOneStart = ([first, ...others]: readonly [Words, ...Words[]]): Words => [
  ...first,
  ...others.flatMap((words) => words.slice(-1)),
]

const isRule = (words: Words): boolean =>
  words[0] === 'firewall-cmd' && words.at(-1)?.startsWith('--add-rich-rule=') === true

const prefixOf = (words: Words): string => words.slice(0, -1).join('\0')
