import { protocolName } from '../search/finding.ts'
import type { Passage } from './passage.ts'

/** Where a rule goes: in front of the rule at a place of a chain, or at its end (for a policy); or that it goes away. */
export interface IptablesPlace {
  readonly variant: 'iptables-nft' | 'iptables-legacy'
  readonly table: string
  readonly chain: string
  /** Null: at the end. */
  readonly before: number | 'delete' | null
}

/** The words of a command that lets packets pass a chain of iptables (iptables(8), iptables-extensions(8)). */
export const iptablesWords = (place: IptablesPlace, passage: Passage): readonly string[] => {
  const { variant, table, chain, before } = place
  const program = passage.family === 'ip' ? variant : variant.replace('iptables', 'ip6tables')
  return [
    program,
    ...['-t', table],
    ...(before === null
      ? ['-A', chain]
      : before === 'delete'
        ? ['-D', chain]
        : ['-I', chain, String(before)]),
    ...matches(passage, table),
    '-j',
    'ACCEPT',
  ]
}

const matches = (passage: Passage, table: string): readonly string[] => {
  const { in: from, out, protocol, source, destination, sourcePort, destinationPort, answers } = passage
  return [
    ...(from === null ? [] : ['-i', from]),
    ...(out === null ? [] : ['-o', out]),
    ...(source === null ? [] : ['-s', source]),
    ...(destination === null || destination === 'local' ? [] : ['-d', destination]),
    ...(protocol === null ? [] : ['-p', protocolName(protocol)]),
    ...(sourcePort === null ? [] : ['--sport', String(sourcePort)]),
    ...(destinationPort === null ? [] : ['--dport', String(destinationPort)]),
    ...(destination === 'local' ? ['-m', 'addrtype', '--dst-type', 'LOCAL'] : []),
    // The raw table comes before connection tracking: nothing has a state there.
    ...(answers && table !== 'raw' ? ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'] : []),
  ]
}
