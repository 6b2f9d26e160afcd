import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { hostFactsSchema } from '@portolan/netfilter/schema'
import { backends } from 'portolan/machine'
import { checkKeys, checkSchema, isObject, notExpected } from './check-value.ts'

/** The program that prints each text of rules, by the key of the text. */
export const textPrograms = {
  iptables: 'iptables-save',
  ip6tables: 'ip6tables-save',
  iptablesLegacy: 'iptables-legacy-save',
  ip6tablesLegacy: 'ip6tables-legacy-save',
  nft: 'nft list ruleset',
} as const

const textKeys: readonly string[] = Object.keys(textPrograms)

/** Refuses invalid facts. @param what - the call: `fakeHost(facts)` */
export const checkFacts = (facts: unknown, what: string): void => {
  if (!isObject(facts)) throw notExpected(what, 'expected facts as "portolan inspect" prints them', facts)
  const misplaced = Object.keys(facts).find((key) => textKeys.includes(key))
  if (misplaced !== undefined)
    throw new InvalidRequestError(
      `${what}: ${JSON.stringify(misplaced)} is a key of rules, which are the second value: fakeHost(smallHost, { ${misplaced}: text }).`,
    )
  checkSchema(hostFactsSchema, facts, what)
}

const valueKeys: readonly string[] = [...backends, 'unread', 'hidden', 'incomplete']

/** Whether rules are values (`host.rules`), and not texts. */
export const isOfValues = (rules: object): boolean => backends.some((backend) => backend in rules)

/** Refuses rules that are neither texts nor values of every backend. */
export const checkRules = (rules: unknown): void => {
  const what = 'fakeHost(facts, rules)'
  if (!isObject(rules))
    throw notExpected(what, `expected an object with texts (${textKeys.join(', ')})`, rules)
  if (!isOfValues(rules)) {
    checkKeys(rules, textKeys, what, 'rules')
    for (const [key, program] of Object.entries(textPrograms))
      if (rules[key] !== undefined && typeof rules[key] !== 'string')
        throw notExpected(`${what}: ${key}`, `expected a text as "${program}" prints it`, rules[key])
    return
  }
  for (const backend of backends) checkValues(rules[backend], backend, what)
  checkKeys(rules, valueKeys, what, 'rules')
  if (!Array.isArray(rules.unread))
    throw notExpected(`${what}: unread`, 'expected a list, as host.rules has it', rules.unread)
}

const textKeyOf = {
  nftables: 'nft',
  'iptables-nft': 'iptables',
  'iptables-legacy': 'iptablesLegacy',
} as const

const checkValues = (value: unknown, backend: keyof typeof textKeyOf, what: string): void => {
  if (isObject(value) && Array.isArray(value.tables)) return
  if (typeof value === 'string')
    throw new InvalidRequestError(
      `${what}: ${backend} is a text, and takes a value as host.rules has it. A text has the key ${textKeyOf[backend]}: fakeHost(smallHost, { ${textKeyOf[backend]}: text }).`,
    )
  throw notExpected(
    `${what}: ${backend}`,
    'expected a value with tables, as host.rules has it for each backend',
    value,
  )
}

/** Refuses an interface that the host does not have. */
export const checkEntry = (name: unknown, { interfaces = [] }: HostFacts, what: string): void => {
  const names = interfaces.flatMap((link) => link.name ?? [])
  if (names.some((one) => one === name)) return
  throw notExpected(
    what,
    `expected an interface of this host (${names.length === 0 ? 'it has none; give some in its facts' : names.join(', ')})`,
    name,
  )
}
