import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { after, backends, intentOf, planOf } from '../shop.ts'

const two = intentOf(
  'services: {nginx: {ports: ["8080:80", "53:53/udp"], networks: [web]}}\nnetworks: {web: {}}',
)
const ports = ({ added }: ReturnType<typeof planOf>) => added.map(({ hostPort }) => hostPort)

describe('ports that are added', () => {
  test.each(backends)('in %s are those that are not in force, and no others', (backend) => {
    const first = planOf({ backend })
    expect(ports(first)).toEqual([8080])
    expect(ports(planOf({ backend, ...after(first) }))).toEqual([])
    expect(ports(planOf({ backend, ...after(first), intent: two }))).toEqual([53])
  })

  test.each(backends)('in %s are all of them after a flush', (backend) => {
    const { facts } = after(planOf({ backend, intent: two }))
    expect(ports(planOf({ backend, intent: two, facts, rules: noRules }))).toEqual([8080, 53])
  })

  test('are all of them when only the jump to our chains is gone', () => {
    const { facts, rules } = after(planOf({ backend: 'iptables-legacy', intent: two }))
    const text = iptables.print(rules['iptables-legacy'], 'iptables-save')
    const flushed = iptables.parse(
      text.replaceAll(/^-A (PREROUTING|OUTPUT) .*PORTOLAN-(DNAT|OUTPUT).*\n/gm, ''),
    )
    const next = planOf({
      backend: 'iptables-legacy',
      intent: two,
      facts,
      rules: { ...rules, 'iptables-legacy': flushed },
    })
    expect(next.changes.length).toBeGreaterThan(0)
    expect(ports(next)).toEqual([8080, 53])
  })
})
