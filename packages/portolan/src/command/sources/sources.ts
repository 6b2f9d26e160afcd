import type { Family } from '@portolan/netfilter'
import { type Backend, backends, parseBackendChoice } from '../../backend/backend.ts'
import { dialects, type RulesOf, rulesByBackend } from '../../backend/dialects.ts'
import { readConfig } from '../../config/read-config.ts'
import { type HostRules, noRules } from '../../host-rules/host-rules.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { clusterOption } from '../cluster/cluster-option.ts'
import { withJoinedCluster } from '../cluster/with-joined-cluster.ts'
import type { Options } from '../options/option-table.ts'
import { ranges } from '../options/options.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { readFacts, usesFiles } from './read-facts.ts'
import { readText, sourceName } from './read-text.ts'
import { missingRules, type RuleFile, unreadRules } from './unread-rules.ts'

/** The options of a plan, from those of the command line. */
export const planOptions = async (options: Options): Promise<PlanOptions> => {
  const files = usesFiles(options)
  return {
    ...(files ? { facts: await readFacts(options), rules: readRuleFiles(options) } : {}),
    ...(options.pool === undefined ? {} : { pools: options.pool }),
    ...ranges(options),
    config: readConfig(),
    ...clusterOption(options),
    ...(options.state === undefined ? {} : { stateDirectory: options.state }),
    ...(options['no-sysctl'] === true ? { sysctls: false } : {}),
    guardForwarding: options['guard-forwarding'] === true,
    backend: parseBackendChoice(options.backend ?? 'auto'),
    ownCommand: withOwnOptions(await withJoinedCluster(options)),
  }
}

/** The same options for a command that tells conflicts. They also name the rules that were not given. */
export const searchOptions = async (options: Options): Promise<PlanOptions> => {
  const settings = await planOptions(options)
  const { rules } = settings
  return rules === undefined || rules === null
    ? settings
    : { ...settings, rules: { ...rules, unread: [...rules.unread, ...missingRules(options)] } }
}

/** Reads the rules in the files that the options name. `unread` names what is known to be left out. */
export const readRuleFiles = (options: Options): HostRules => {
  const files: RuleFile[] = []
  const textOf = (option: RuleOption): RuleFile | null => {
    const path = options[option]
    if (path === undefined) return null
    const file: RuleFile = { option, name: sourceName(path), text: readText(path, 'rules') }
    files.push(file)
    return file
  }
  const read = <One extends Backend>(backend: One): RulesOf<One> => {
    const dialect = dialects[backend]
    return dialect.merge(
      ruleOptions[backend].flatMap(({ option, family }) => {
        const file = textOf(option)
        return file === null ? [] : [dialect.parse(file.text, file.name, family)]
      }),
    )
  }
  return {
    ...noRules,
    ...rulesByBackend(read),
    incomplete: backends.filter((backend) =>
      ruleOptions[backend].some(({ option }) => options[option] === undefined),
    ),
    ...unreadRules(options, files),
  }
}

/** The options whose files together hold all rules of a backend. */
const ruleOptions: Readonly<
  Record<Backend, readonly { readonly option: RuleOption; readonly family?: Family }[]>
> = {
  nftables: [{ option: 'nft-json' }],
  'iptables-nft': [
    { option: 'iptables-save', family: 'ip' },
    { option: 'ip6tables-save', family: 'ip6' },
  ],
  'iptables-legacy': [
    { option: 'iptables-legacy-save', family: 'ip' },
    { option: 'ip6tables-legacy-save', family: 'ip6' },
  ],
}

type RuleOption =
  | 'iptables-save'
  | 'ip6tables-save'
  | 'iptables-legacy-save'
  | 'ip6tables-legacy-save'
  | 'nft-json'
