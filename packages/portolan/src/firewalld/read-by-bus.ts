import type { Runner } from '@portolan/core'
import { MissingToolError, shellLine } from '@portolan/netfilter'
import {
  askBus,
  BusError,
  type DirectRule,
  type Passthrough,
  type Question,
  type Variant,
} from './ask-bus.ts'
import { type Block, block, type Configurations, isOurDescription, ourName } from './configuration.ts'

/**
 * Reads both configurations over D-Bus (firewalld.dbus(5)) with busctl of systemd. A start of it takes some
 * milliseconds; one of firewall-cmd takes a quarter of a second.
 *
 * @returns null where this has no answer. firewall-cmd may have one.
 */
export const readByBus = async (runner: Runner): Promise<Configurations | null> => {
  try {
    return await read(runner)
  } catch (error) {
    if (error instanceof BusError || error instanceof MissingToolError) return null
    throw error
  }
}

const read = async (runner: Runner): Promise<Configurations> => {
  // On its own: where this has no answer, each of the others would be waited for too.
  const [zones] = await askBus(runner, 'call', [atRunTime('as', 'zone', 'getZones')])
  const [policies, ipsets, rules, passthroughs, zonePaths, policyPaths, ipsetPaths, keptRules, keptPasses] =
    await askBus(runner, 'call', [
      atRunTime('as', 'policy', 'getPolicies'),
      atRunTime('as', 'ipset', 'getIPSets'),
      atRunTime('a(sssias)', 'direct', 'getAllRules'),
      atRunTime('a(sas)', 'direct', 'getAllPassthroughs'),
      permanently('ao', config, '', 'listZones'),
      permanently('ao', config, '', 'listPolicies'),
      permanently('ao', config, '', 'listIPSets'),
      permanently('a(sssias)', config, '.direct', 'getAllRules'),
      permanently('a(sas)', config, '.direct', 'getAllPassthroughs'),
    ])
  const of = async <Signature extends Question['signature']>(
    names: readonly string[],
    question: (name: string) => Question<Signature>,
  ) => pairs(names, await askBus(runner, 'call', names.map(question)))
  const kept = async <Signature extends Question['signature']>(
    paths: readonly string[],
    part: string,
    method: string,
    signature: Signature,
  ) => {
    const [names, found] = await Promise.all([
      askBus(
        runner,
        'get-property',
        paths.map((path) => permanently('s', path, part, 'name')),
      ),
      askBus(
        runner,
        'call',
        paths.map((path) => permanently(signature, path, part, method)),
      ),
    ])
    return pairs(names, found).sort(([one], [other]) => (one < other ? -1 : 1))
  }
  const [zonesNow, policiesNow, entriesNow, zonesKept, policiesKept, entriesKept] = await Promise.all([
    of(zones, (name) => atRunTime('a{sv}', 'zone', 'getZoneSettings2', name)),
    of(policies, (name) => atRunTime('a{sv}', 'policy', 'getPolicySettings', name)),
    of(ipsets, (name) => atRunTime('as', 'ipset', 'getEntries', name)),
    kept(zonePaths, '.zone', 'getSettings2', 'a{sv}'),
    kept(policyPaths, '.policy', 'getSettings', 'a{sv}'),
    kept(ipsetPaths, '.ipset', 'getEntries', 'as'),
  ])
  const keptEntries = new Map(entriesKept)
  return {
    now: {
      zones: zonesNow.map(blockOf),
      policies: policiesNow.map(blockOf),
      directRules: rules.map(ruleText),
      passthroughs: passthroughs.map(passthroughText),
      ipsets: [...ipsets].sort(),
      entries: new Map(entriesNow),
    },
    permanent: {
      zones: zonesKept.map(blockOf),
      policies: policiesKept.map(blockOf),
      directRules: keptRules.map(ruleText),
      passthroughs: keptPasses.map(passthroughText),
      ipsets: [...keptEntries.keys()],
      entries: new Map(ipsets.map((name) => [name, keptEntries.get(name) ?? []])),
    },
    ours: policiesKept.flatMap(([name, { description }]) =>
      ourName.test(name) && isOurDescription(`${description?.data ?? ''}`) ? [name] : [],
    ),
  }
}

const service = 'org.fedoraproject.FirewallD1'
const root = '/org/fedoraproject/FirewallD1'
const config = `${root}/config`

const atRunTime = <const Signature extends Question['signature']>(
  signature: Signature,
  part: string,
  method: string,
  ...name: readonly string[]
): Question<Signature> => ({
  signature,
  words: [root, `${service}.${part}`, method, ...name.flatMap((one) => ['s', one])],
})

const permanently = <const Signature extends Question['signature']>(
  signature: Signature,
  path: string,
  part: string,
  member: string,
): Question<Signature> => ({ signature, words: [path, `${service}.config${part}`, member] })

const pairs = <Value>(names: readonly string[], values: readonly Value[]): (readonly [string, Value])[] =>
  values.map((value, at) => [names[at] ?? '', value])

/** What firewall-cmd prints only when it is asked to say more. */
const unread: readonly string[] = ['version', 'short', 'description']

const blockOf = ([name, settings]: readonly [string, Readonly<Record<string, Variant>>]): Block =>
  block(
    name,
    Object.entries(settings)
      .filter(([key]) => !unread.includes(key))
      .flatMap(([key, value]) => printed(value).map((one) => `${labelOf(key)} ${one}`)),
  )

/** firewalld.dbus(5): rich rules have one key in a zone, and another in a policy. */
const labelOf = (key: string): string =>
  key === 'rules_str' || key === 'rich_rules' ? 'rich rule' : key.replaceAll('_', '-')

/** As firewall-cmd prints them. */
const printed = ({ type, data }: Variant): readonly string[] => {
  switch (type) {
    case 'b':
      return [data === true ? 'yes' : 'no']
    case 'i':
    case 's':
      return [`${data}`]
    case 'as':
      return data as readonly string[]
    case 'a(ss)':
      return (data as readonly (readonly string[])[]).map((words) => words.join('/'))
    case 'a(ssss)':
      return (data as readonly (readonly string[])[]).map(
        ([port, protocol, toPort, toAddress]) =>
          `port=${port}:proto=${protocol}:toport=${toPort}:toaddr=${toAddress}`,
      )
    default:
      throw new BusError(`a setting has the type ${type}`)
  }
}

const ruleText = ([family, table, chain, priority, words]: DirectRule): string =>
  `${family} ${table} ${chain} ${priority} ${shellLine(words)}`.trim()

const passthroughText = ([family, words]: Passthrough): string => `${family} ${shellLine(words)}`.trim()
