import type { Conflict, DesiredNetwork, DesiredState } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { type NetfilterRuleset, shellLine } from '@portolan/netfilter'
import type { FixChange } from '../plan/fix-change.ts'
import { ourName } from './configuration.ts'

type Commands = Fix['commands']

/**
 * Closes the policies of firewalld that Portolan made to networks that other engines have made since. A policy names no
 * interface by which packets leave. So it refuses the subnets that existed when it was made, and a later subnet is
 * open. The refusals are added both at run time and permanently, because a reload would drop other settings that are
 * made at run time only.
 *
 * @param fixes - the fixes that stay
 * @param subnets - the subnets of the bridges of other engines
 * @returns the changes, the fixes after them, and a conflict for each network that is open until then
 * @internal
 */
export const closeLater = (
  { project, networks }: Pick<DesiredState, 'project' | 'networks'>,
  fixes: readonly Fix[],
  subnets: readonly string[],
  rulesets: readonly NetfilterRuleset[],
): {
  readonly changes: readonly FixChange[]
  readonly fixes: readonly Fix[]
  readonly conflicts: readonly Conflict[]
} => {
  const changes: FixChange[] = []
  const conflicts: Conflict[] = []
  const after = fixes.map((fix) => {
    if (fix.project !== project || fix.name !== 'firewalld') return fix
    const missing = missingRefusals(fix.commands, subnets).filter(([option = '']) =>
      isInForce(option, rulesets),
    )
    if (missing.length === 0) return fix
    const permanent = missing.map((words) => ['firewall-cmd', '--permanent', ...words])
    const only = [...permanent, ...missing.map((words) => ['firewall-cmd', ...words])]
    const isReload = (words: readonly string[]): boolean => words.includes('--reload')
    const commands = [
      ...fix.commands.filter((words) => !isReload(words)),
      ...permanent,
      ...fix.commands.filter(isReload),
    ]
    const closed = { ...fix, commands }
    changes.push({
      action: 'change',
      object: fix.name,
      description:
        'Close networks of other engines that came later: the policy of firewalld for this project lets its containers reach unpublished ports there.',
      before: text(fix.commands),
      after: text(commands),
      reverse: text(fix.undo),
      operation: { kind: 'ask', known: true, fix: closed, only },
    })
    conflicts.push(...networks.flatMap((network) => openedBy(network, missing)))
    return closed
  })
  return { changes, fixes: after, conflicts }
}

/** The conflict of a network while refusals are missing in its policy: its containers reach what is not published. */
const openedBy = ({ name, bridge }: DesiredNetwork, missing: Commands): readonly Conflict[] => {
  const own = missing.filter(([option = '']) => policyOf(option).replace(ourName, '') === bridge)
  const [first] = own
  if (first === undefined) return []
  const subnets = own.flatMap(([, rule = '']) => /destination address="([^"]+)"/.exec(rule)?.[1] ?? [])
  const policy = policyOf(first[0] ?? '')
  return [
    {
      ...{ kind: 'Bypassed', severity: 'warning', certainty: 'certain' },
      ...{ mapping: null, network: name, published: null },
      message: `Network ${name} lets its containers reach ports that are not published, in networks that other engines have made later: ${[...new Set(subnets)].join(', ')}. Firewalld's policy ${policy} lets the containers out, and a policy can refuse only networks that were there when it was made.`,
      witness: null,
      culprit: {
        ...{ tool: 'firewalld', family: null, table: null, chain: null, position: null, handle: null },
        ...{ text: `policy ${policy}`, owner: 'firewalld', counters: null },
      },
      remedy: {
        text: 'Apply the project again. That adds rules against these networks to the policy, without a reload.',
        commands: ['portolan apply'],
      },
      trace: [],
    },
  ]
}

const policyOf = (option: string): string => option.slice('--policy='.length)

/** A rule that lets a whole subnet out: it has no destination. */
const lettingOut = /^--add-rich-rule=(rule family="(ipv[46])" source address="[^"]+") accept$/

const missingRefusals = (commands: Commands, subnets: readonly string[]): Commands => {
  const known = new Set(commands.map((words) => words.join(' ')))
  return commands.flatMap((words) => {
    const policy = words.find((word) => word.startsWith('--policy='))
    const [, rule, family] = words.map((word) => lettingOut.exec(word)).find((found) => found !== null) ?? []
    if (policy === undefined || rule === undefined) return []
    return subnets
      .filter((subnet) => subnet.includes(':') === (family === 'ipv6'))
      .map((subnet) => [policy, `--add-rich-rule=${rule} destination address="${subnet}" reject`])
      .filter((refusal) => !known.has(['firewall-cmd', '--permanent', ...refusal].join(' ')))
  })
}

/** Is a policy among the rules of the host? A firewalld that does not run lets nothing out, and cannot be asked. */
const isInForce = (option: string, rulesets: readonly NetfilterRuleset[]): boolean => {
  const policy = policyOf(option)
  return rulesets.some(({ tables }) =>
    tables.some(({ chains }) =>
      chains.some(({ name }) => name.endsWith(`_policy_${policy}`) || name.includes(`_policy_${policy}_`)),
    ),
  )
}

const text = (commands: Commands): string => commands.map(shellLine).join('\n')
