import { firstPort } from './mappings.ts'

const sourceOf = (at: number): string => `${11 + (at % 80)}.${(at * 7) % 256}.${(at * 13) % 256}.0/24`
const port = (at: number): number => 1 + ((at * 31) % 60_000)

/**
 * Usual rules of firewalls that have grown over time: bans, ports closed or open to one source, services on other
 * ports.
 */
const rules: readonly ((at: number) => string)[] = [
  (at) => `-s ${sourceOf(at)} -j DROP`,
  (at) => `-s ${sourceOf(at)} -p tcp -m tcp --dport ${port(at)} -j DROP`,
  (at) => `-s ${sourceOf(at)} -p tcp -m tcp --dport ${port(at)} -j ACCEPT`,
  (at) => `-d 10.${at % 256}.${(at >> 8) % 256}.7/32 -p tcp -m tcp --dport ${port(at)} -j ACCEPT`,
  (at) => `-i eth0 -d 10.${at % 256}.${(at >> 8) % 256}.0/24 -p udp -m udp --dport ${port(at)} -j DROP`,
  // This rule sees packets before translation, which still have the host port. One in ten of its ports is a published
  // one.
  (at) => `-s ${sourceOf(at)} -p tcp -m tcp --dport ${firstPort + ((at * 17) % 10_000)} -j DROP`,
]

/**
 * So many rules in the form of iptables-save. The rules of the last kind are before translation, the others in FORWARD.
 */
export const grownFirewall = (count: number): string => {
  const lines = Array.from({ length: count }, (_, at) => {
    const sort = at % rules.length
    const chain = sort === rules.length - 1 ? 'PREROUTING' : 'FORWARD'
    return { chain, line: `-A ${chain} ${rules[sort]?.(at)}` }
  })
  const of = (chain: string): readonly string[] =>
    lines.flatMap((one) => (one.chain === chain ? [one.line] : []))
  return [
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    ...of('PREROUTING'),
    'COMMIT',
    '*filter',
    ':FORWARD ACCEPT [0:0]',
    '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...of('FORWARD'),
    'COMMIT',
    '',
  ].join('\n')
}
