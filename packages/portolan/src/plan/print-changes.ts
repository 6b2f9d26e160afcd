import type { PlanChange } from './plan.ts'
import type { Style } from './style.ts'

const sign = { add: '+', change: '~', remove: '-' } as const

/**
 * Changes as a diff for people: what goes with `-`, what comes with `+`, under the part of the host it is for.
 * @internal
 */
export const printChanges = (changes: readonly PlanChange[], style: Style): readonly string[] => {
  if (changes.length === 0) return ['  nothing to do: the host is as it should be']
  const paint = { add: style.green, change: style.yellow, remove: style.red }
  return changes.flatMap((change, index) => {
    const heading = changes[index - 1]?.part === change.part ? [] : [`  ${style.bold(partName[change.part])}`]
    const { action, before, after } = change
    const line = (mark: string, text: string): string =>
      text
        .split('\n')
        .map((one) => paint[action](`    ${mark} ${one}`))
        .join('\n')
    if (action === 'change' && before !== null && after !== null) {
      return [...heading, line(sign.remove, before), line(sign.add, after)]
    }
    return [...heading, line(sign[action], after ?? before ?? change.description)]
  })
}

const partName: Record<PlanChange['part'], string> = {
  nftables: 'nftables',
  'iptables-nft': 'iptables (nf_tables variant)',
  'iptables-legacy': 'iptables (legacy variant)',
  link: 'interfaces',
  sysctl: 'sysctls',
}
