import { commandWording, type Wording } from '@portolan/netfilter'
import type { Conflict } from '../conflict.ts'
import { policyDescription } from './firewalld-policy.ts'

/**
 * Adds a warning to remedies if carrying out one makes the commands of another wrong. A rule added to an iptables chain
 * changes the numbers of all rules behind it. A command printed earlier would then put its rule in front of other rules
 * than those it was checked with, such as a ban. A policy of firewalld is made only once: if several remedies make it,
 * each uses the policy of an earlier one.
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
    return { ...conflict, remedy: { ...remedy, commands: remedy.commands.map(unlessPolicyExists) } }
  })
}

const askAgain = ({ again }: Wording): string =>
  `Carry out one remedy, then ${again}: it may change what the commands of the others have to be.`

/** The chains in which commands find their place by a number. */
const placesOf = (commands: readonly string[]): readonly string[] =>
  // Thousands of remedies are words only.
  commands.length === 0
    ? none
    : [...new Set(commands.flatMap((command) => forms.flatMap((form) => form.exec(command)?.[1] ?? [])))]

const none: readonly never[] = []

const word = "(?:[^' ]|'[^']*')+"
const forms: readonly RegExp[] = [
  // Whatever number is given for DOCKER-USER, the existing rules stay in front.
  new RegExp(`^(ip6?tables-\\w+ -t ${word} -I (?!DOCKER-USER )${word}) \\d`),
  /^nft '(insert rule \S+ \S+ \S+) index /,
]

const newPolicy = /^firewall-cmd --permanent --new-policy=(\S+)$/

const policiesOf = (commands: readonly string[]): readonly string[] =>
  commands.length === 0 ? none : commands.filter((command) => newPolicy.test(command))

/**
 * firewalld refuses a second policy of one name. An administrator's policy has another description, and is not
 * extended.
 */
const unlessPolicyExists = (command: string): string => {
  const policy = newPolicy.exec(command)?.[1]
  return policy === undefined
    ? command
    : `firewall-cmd --permanent --policy=${policy} --get-description 2>&1 | grep -qx ${policyDescription} || ${command}`
}
