import { type HostFacts, parseHostFacts } from '@portolan/core'
import { readHost } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type BackendChoice, parseBackendChoice } from '../backend/backend.ts'
import { readConfig } from '../config/read-config.ts'
import { type HostRules, noRules } from '../host-rules/host-rules.ts'
import { type ReadLeases, readLeases } from '../leases/read-leases.ts'
import { withLeaseStore } from '../leases/with-lease-store.ts'
import type { PlanOptions } from '../plan/plan-intent.ts'
import { type OptionName, type Options, ranges } from './options.ts'
import { readText, sourceName } from './read-text.ts'

const fileOptions: readonly OptionName[] = [
  'host',
  'iptables-save',
  'ip6tables-save',
  'iptables-legacy-save',
  'ip6tables-legacy-save',
  'nft-json',
]

/** Whether another host is described by files, so that nothing is read from this one. */
export const usesFiles = (options: Options): boolean =>
  fileOptions.some((name) => options[name] !== undefined)

/**
 * The facts that the options name: from a file, or of this host.
 * @throws ParseError for a file that does not hold facts
 */
export const readFacts = async (options: Options): Promise<HostFacts> => {
  if (options.host !== undefined) return parseHostFacts(readText(options.host), sourceName(options.host))
  return usesFiles(options) ? {} : readHost()
}

/** The leases in force: those of --state, or of this host unless another one is described by files. */
export const readLeased = (options: Options): Promise<ReadLeases> => {
  if (options.state !== undefined) return withLeaseStore({ stateDirectory: options.state }, readLeases)
  return withLeaseStore(usesFiles(options) ? { leases: null } : {}, readLeases)
}

/** What a plan is made from, as the options say. */
export const planOptions = async (options: Options): Promise<PlanOptions> => {
  const files = usesFiles(options)
  return {
    ...(files ? { facts: await readFacts(options), rules: readRuleFiles(options) } : {}),
    ...(options.pool === undefined ? {} : { pools: options.pool }),
    ...ranges(options),
    config: readConfig(),
    ...(options.state === undefined ? {} : { stateDirectory: options.state }),
    ...(options['no-sysctl'] === true ? { sysctls: false } : {}),
    guardForwarding: options['guard-forwarding'] === true,
    backend: backendChoice(options, files),
  }
}

/** A host described by files cannot be asked which programs it has. */
const backendChoice = (options: Options, files: boolean): BackendChoice => {
  const choice = parseBackendChoice(options.backend ?? 'auto')
  if (!files) return choice
  if (choice === 'auto') return 'nftables'
  return choice === 'iptables' ? 'iptables-nft' : choice
}

/** The rules in the files that the options name. */
export const readRuleFiles = (options: Options): HostRules => {
  const saved = (
    ip: 'iptables-save' | 'iptables-legacy-save',
    ip6: 'ip6tables-save' | 'ip6tables-legacy-save',
  ) => {
    const four = options[ip]
    const six = options[ip6]
    return iptables.mergeRulesets(
      four === undefined ? iptables.emptyRuleset : iptables.parse(readText(four), sourceName(four), 'ip'),
      six === undefined ? iptables.emptyRuleset : iptables.parse(readText(six), sourceName(six), 'ip6'),
    )
  }
  const json = options['nft-json']
  return {
    ...noRules,
    nftables: json === undefined ? noRules.nftables : nftables.parse(readText(json), sourceName(json)),
    'iptables-nft': saved('iptables-save', 'ip6tables-save'),
    'iptables-legacy': saved('iptables-legacy-save', 'ip6tables-legacy-save'),
  }
}
