import type { Conflict } from '../conflict.ts'

/**
 * Conflicts whose remedies say so where one of them makes the commands of another wrong. A rule that is put into a
 * chain of iptables changes the numbers of all behind it: a command that was printed before would put its rule in front
 * of others than those that it was checked with, a ban among them. A policy of firewalld is made once.
 */
export const tellStale = (conflicts: readonly Conflict[]): readonly Conflict[] => {
  const byPlace = new Map<string, Set<string>>()
  for (const { remedy } of conflicts)
    for (const place of placesOf(remedy.commands))
      byPlace.set(place, (byPlace.get(place) ?? new Set()).add(remedy.commands.join('\n')))
  const isShared = (place: string): boolean => (byPlace.get(place)?.size ?? 0) > 1
  return conflicts.map((conflict): Conflict => {
    const { remedy } = conflict
    return placesOf(remedy.commands).some(isShared)
      ? { ...conflict, remedy: { ...remedy, text: `${remedy.text} ${askAgain}` } }
      : conflict
  })
}

const askAgain =
  'Carry out one remedy, then run "portolan conflicts" again: it may change what the commands of the others have to be.'

/** What a command finds by a number, or makes: chains and policies. */
const placesOf = (commands: readonly string[]): readonly string[] => [
  ...new Set(commands.flatMap((command) => forms.flatMap((form) => form.exec(command)?.[1] ?? []))),
]

const word = "(?:[^' ]|'[^']*')+"
const forms: readonly RegExp[] = [
  // Whatever number is given for DOCKER-USER, the rules that were there stay in front.
  new RegExp(`^(ip6?tables-\\w+ -t ${word} -I (?!DOCKER-USER )${word}) \\d`),
  /^nft '(insert rule \S+ \S+ \S+) index /,
  /^(firewall-cmd --permanent --new-policy=\S+)/,
]
