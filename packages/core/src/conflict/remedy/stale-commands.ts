import { commandWording, type Wording } from '@portolan/netfilter'
import type { Conflict } from '../conflict.ts'
import { policyDescription } from './firewalld-policy.ts'

/**
 * Conflicts whose remedies say so where one of them makes the commands of another wrong. A rule that is put into a
 * chain of iptables changes the numbers of all behind it: a command that was printed before would put its rule in front
 * of others than those that it was checked with, a ban among them. A policy of firewalld is made once: where several
 * remedies make one, each takes that of another remedy for its own.
 */
export const tellStale = (
  conflicts: readonly Conflict[],
  wording: Wording = commandWording,
): readonly Conflict[] => {
  const byPlace = new Map<string, Set<string>>()
  for (const { remedy } of conflicts)
    for (const place of placesOf(remedy.commands))
      byPlace.set(place, (byPlace.get(place) ?? new Set()).add(remedy.commands.join('\n')))
  const isShared = (place: string): boolean => (byPlace.get(place)?.size ?? 0) > 1
  const made = new Map<string, number>()
  for (const { remedy } of conflicts)
    for (const policy of policiesOf(remedy.commands)) made.set(policy, (made.get(policy) ?? 0) + 1)
  const isMadeTwice = (policy: string): boolean => (made.get(policy) ?? 0) > 1
  return conflicts.map((conflict): Conflict => {
    const { remedy } = conflict
    const { text } = remedy
    if (placesOf(remedy.commands).some(isShared))
      return { ...conflict, remedy: { ...remedy, text: `${text} ${askAgain(wording)}` } }
    if (!policiesOf(remedy.commands).some(isMadeTwice)) return conflict
    return { ...conflict, remedy: { ...remedy, commands: remedy.commands.map(unlessMade) } }
  })
}

const askAgain = ({ again }: Wording): string =>
  `Carry out one remedy, then ${again}: it may change what the commands of the others have to be.`

/** What a command finds by a number: the chain. */
const placesOf = (commands: readonly string[]): readonly string[] =>
  // Thousands of remedies are words alone.
  commands.length === 0
    ? none
    : [...new Set(commands.flatMap((command) => forms.flatMap((form) => form.exec(command)?.[1] ?? [])))]

const none: readonly never[] = []

const word = "(?:[^' ]|'[^']*')+"
const forms: readonly RegExp[] = [
  // Whatever number is given for DOCKER-USER, the rules that were there stay in front.
  new RegExp(`^(ip6?tables-\\w+ -t ${word} -I (?!DOCKER-USER )${word}) \\d`),
  /^nft '(insert rule \S+ \S+ \S+) index /,
]

const newPolicy = /^firewall-cmd --permanent --new-policy=(\S+)$/

const policiesOf = (commands: readonly string[]): readonly string[] =>
  commands.length === 0 ? none : commands.filter((command) => newPolicy.test(command))

/** firewalld refuses a second policy of one name. That of an administrator has another description, and is not added to. */
const unlessMade = (command: string): string => {
  const policy = newPolicy.exec(command)?.[1]
  return policy === undefined
    ? command
    : `firewall-cmd --permanent --policy=${policy} --get-description 2>&1 | grep -qx ${policyDescription} || ${command}`
}
