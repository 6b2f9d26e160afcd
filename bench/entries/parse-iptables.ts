import { parse } from '@portolan/iptables'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

/** Rules as a host of many containers has them: Docker's three lines for each port, and a firewall's own rules. */
const saved = (rules: number): string => {
  const lines = [
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [12:720]',
    ':OUTPUT ACCEPT [0:0]',
    ':DOCKER - [0:0]',
  ]
  for (let at = 0; at < rules; at += 1) {
    const host = `172.17.${(at >> 6) & 255}.${(at & 63) + 2}`
    const source = `198.51.${at & 255}.0/24`
    lines.push(
      [
        `-A DOCKER -d ${host}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport ${1024 + at} -j ACCEPT`,
        `-A INPUT -s ${source} -p tcp -m conntrack --ctstate NEW -m multiport --dports 80,443 -m comment --comment "office ${at}" -j ACCEPT`,
        `-A FORWARD -i eth0 -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
        `-A INPUT -s ${source} -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "`,
      ][at % 4] ?? '',
    )
  }
  return [...lines, 'COMMIT', ''].join('\n')
}

export const entry: Entry = {
  about: 'reading the output of iptables-save',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const rules = count(10_000)
    const text = saved(rules)
    const measured = await measure(() => parse(text), { count: rounds(11), warmUp: rounds(3) })
    const peers: readonly never[] = []
    return [
      { what: `parse ${rules} rules of iptables-save`, unit: 'ms', measured, mark: { atMost: 60 }, peers },
    ]
  },
}
