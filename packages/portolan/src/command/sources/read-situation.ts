import { type DesiredParentedNetwork, endpointAddresses } from '@portolan/core'
import { createRunner } from '@portolan/host'
import type { EndpointAddress, HostFacts } from '@portolan/netfilter'
import type { HostRules } from '../../host-rules/host-rules.ts'
import { readAllRules } from '../../host-rules/read-all-rules.ts'
import { endpointNames } from '../../plan/endpoint-names.ts'
import { plan } from '../../plan/plan-intent.ts'
import type { Options } from '../options/option-table.ts'
import { sayLine } from '../output/say-line.ts'
import type { Terminal } from '../output/terminal.ts'
import { readFacts, usesFiles } from './read-facts.ts'
import { readIntent } from './read-intent.ts'
import { planOptions, readRuleFiles } from './sources.ts'

/** The facts and rules of a host that a packet meets. */
export interface Situation {
  readonly facts: HostFacts
  readonly rules: HostRules
  /** The addresses at which a packet counts as `delivered`; empty without an intent. */
  readonly endpoints: readonly EndpointAddress[]
  /** The names of services, by address. */
  readonly names: ReadonlyMap<string, string>
  /** The networks of an intent that are on an interface of the host. */
  readonly parented: readonly DesiredParentedNetwork[]
}

/**
 * Reads the host that the options name, with its present rules. An intent gives endpoints their names, and adds no
 * rule. What could not be read is printed on standard error.
 */
export const readSituation = async (options: Options, terminal: Terminal): Promise<Situation> => {
  const [facts, rules] = await Promise.all([
    readFacts(options),
    usesFiles(options) ? readRuleFiles(options) : readAllRules(createRunner()),
  ])
  for (const sentence of [...(facts.unread ?? []), ...rules.unread]) sayLine(terminal, sentence)
  if (options.file === undefined) return { facts, rules, endpoints: [], names: new Map(), parented: [] }
  const settings = await planOptions(options)
  const { desired } = await plan(readIntent(options), {
    ...settings,
    facts,
    ...(usesFiles(options) ? {} : { rules }),
  })
  const { parented = [] } = desired
  return { facts, rules, endpoints: endpointAddresses(desired), names: endpointNames([desired]), parented }
}
