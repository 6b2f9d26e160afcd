type Words = readonly string[]

/**
 * Groups the commands that firewall-cmd takes in one start: successive rich rules of one policy. The order stays.
 *
 * @returns groups; most have one command
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

/** Joins the commands of a group into one. */
export const inOneStart = ([first, ...others]: readonly [Words, ...Words[]]): Words => [
  ...first,
  ...others.flatMap((words) => words.slice(-1)),
]

const isRule = (words: Words): boolean =>
  words[0] === 'firewall-cmd' && words.at(-1)?.startsWith('--add-rich-rule=') === true

const prefixOf = (words: Words): string => words.slice(0, -1).join('\0')
