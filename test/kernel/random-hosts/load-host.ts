import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type HostRules, type Plan, script } from 'portolan'
import type { Backend } from '../../lab/backend.ts'
import type { Machine } from '../../lab/machine.ts'
import { emptyLegacy, feed, type RuleTexts } from '../differential/host-rules.ts'

const restores = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'] as const

const separator = '=== next ==='

/** Replaces all rules of the host by these, and reads them as the command does. */
export const loadForeign = async (host: Machine, texts: RuleTexts): Promise<HostRules> => {
  const saves = restores.filter((program) => texts[program] !== null)
  const commands = ['nft -j list ruleset', ...saves.map((program) => `${program}-save`)]
  const text = [
    'set -e',
    'nft flush ruleset',
    ...['iptables', 'ip6tables'].map((program) => feed(`${program}-legacy-restore`, emptyLegacy)),
    ...(texts.nft === null ? [] : [feed('nft -f -', texts.nft)]),
    ...saves.map((program) => feed(`${program}-restore`, texts[program] ?? '')),
    ...commands.map((command) => `${command}; echo '${separator}'`),
  ].join('\n')
  const [listed = '', ...saved] = (await host.mustRun(['sh'], { input: text })).split(`${separator}\n`)
  const read = (variant: 'nft' | 'legacy'): iptables.Ruleset =>
    iptables.mergeRulesets(
      ...saves.flatMap((program, at) =>
        program.endsWith(variant)
          ? [iptables.parse(saved[at] ?? '', program, program.startsWith('ip6') ? 'ip6' : 'ip')]
          : [],
      ),
    )
  return {
    nftables: nftables.parse(listed),
    'iptables-nft': read('nft'),
    'iptables-legacy': read('legacy'),
    unread: [],
  }
}

/** Adds the plan's rules to the host, and deletes all flows from connection tracking. */
export const loadOurs = async (host: Machine, plan: Plan, backend: Backend): Promise<void> => {
  const rules =
    backend === 'nftables'
      ? [feed('nft -f -', script(plan, 'nft'))]
      : ['iptables', 'ip6tables'].map((program) =>
          feed(`${backend.replace('iptables', program)}-restore --noflush`, script(plan, 'iptables-restore')),
        )
  await host.mustRun(['sh', '-e'], { input: [...rules, forget].join('\n') })
}

const forget = 'conntrack -F >/dev/null 2>&1 || true'

export const forgetFlows = async (host: Machine): Promise<void> => {
  await host.mustRun(['sh', '-c', forget])
}
