import * as iptables from '@portolan/iptables'
import type { Family } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type Backend, backends, parseBackendChoice } from '../backend/backend.ts'
import { readConfig } from '../config/read-config.ts'
import { type HostRules, noRules } from '../host-rules/host-rules.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import type { Options } from './option-table.ts'
import { ranges } from './options.ts'
import { readFacts, usesFiles } from './read-facts.ts'
import { readText, sourceName } from './read-text.ts'
import { missingRules, type RuleFile, unreadRules } from './unread-rules.ts'
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

/** The same for a command that tells conflicts: what it knows nothing of is named. */
export const searchOptions = async (options: Options): Promise<PlanOptions> => {
  const settings = await planOptions(options)
  const { rules } = settings
  return rules === undefined || rules === null
    ? settings
    : { ...settings, rules: { ...rules, unread: [...rules.unread, ...missingRules(options)] } }
}

/** The rules in the files that the options name. What is known to be left out is in `unread`. */
export const readRuleFiles = (options: Options): HostRules => {
  const files: RuleFile[] = []
  const textOf = (option: RuleOption): RuleFile | null => {
    const path = options[option]
    if (path === undefined) return null
    const file: RuleFile = { option, name: sourceName(path), text: readText(path, 'rules') }
    files.push(file)
    return file
  }
  const parsed = (option: RuleOption, family: Family): iptables.Ruleset => {
    const file = textOf(option)
    return file === null ? iptables.emptyRuleset : iptables.parse(file.text, file.name, family)
  }
  const saved = (
    ip: 'iptables-save' | 'iptables-legacy-save',
    ip6: 'ip6tables-save' | 'ip6tables-legacy-save',
  ): iptables.Ruleset => iptables.mergeRulesets(parsed(ip, 'ip'), parsed(ip6, 'ip6'))
  const json = textOf('nft-json')
  const given: Record<Backend, boolean> = {
    nftables: json !== null,
    'iptables-nft': options['iptables-save'] !== undefined && options['ip6tables-save'] !== undefined,
    'iptables-legacy':
      options['iptables-legacy-save'] !== undefined && options['ip6tables-legacy-save'] !== undefined,
  }
  return {
    ...noRules,
    nftables: json === null ? noRules.nftables : nftables.parse(json.text, json.name),
    'iptables-nft': saved('iptables-save', 'ip6tables-save'),
    'iptables-legacy': saved('iptables-legacy-save', 'ip6tables-legacy-save'),
    incomplete: backends.filter((backend) => !given[backend]),
    ...unreadRules(options, files),
  }
}

type RuleOption =
  | 'iptables-save'
  | 'ip6tables-save'
  | 'iptables-legacy-save'
  | 'ip6tables-legacy-save'
  | 'nft-json'
