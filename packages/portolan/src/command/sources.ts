import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type Backend, backends, parseBackendChoice } from '../backend/backend.ts'
import { readConfig } from '../config/read-config.ts'
import { type HostRules, noRules } from '../host-rules/host-rules.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import type { Options } from './option-table.ts'
import { ranges } from './options.ts'
import { readFacts, usesFiles } from './read-facts.ts'
import { readText, sourceName } from './read-text.ts'
import { withOwnOptions } from './with-own-options.ts'

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
    backend: parseBackendChoice(options.backend ?? 'auto'),
    ownCommand: withOwnOptions(options),
  }
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
      four === undefined
        ? iptables.emptyRuleset
        : iptables.parse(readText(four, 'rules'), sourceName(four), 'ip'),
      six === undefined
        ? iptables.emptyRuleset
        : iptables.parse(readText(six, 'rules'), sourceName(six), 'ip6'),
    )
  }
  const json = options['nft-json']
  const given: Record<Backend, boolean> = {
    nftables: json !== undefined,
    'iptables-nft': options['iptables-save'] !== undefined && options['ip6tables-save'] !== undefined,
    'iptables-legacy':
      options['iptables-legacy-save'] !== undefined && options['ip6tables-legacy-save'] !== undefined,
  }
  return {
    ...noRules,
    nftables:
      json === undefined ? noRules.nftables : nftables.parse(readText(json, 'rules'), sourceName(json)),
    'iptables-nft': saved('iptables-save', 'ip6tables-save'),
    'iptables-legacy': saved('iptables-legacy-save', 'ip6tables-legacy-save'),
    incomplete: backends.filter((backend) => !given[backend]),
  }
}
