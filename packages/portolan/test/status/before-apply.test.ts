import { describe, expect, test } from '@jest/globals'
import { noRules } from '../../src/host-rules/host-rules.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { statusOf } from '../../src/status/status-of.ts'
import { backends, bridge, planOf } from '../shop.ts'

const facts = {
  sysctls: { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.all.route_localnet': '0' },
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

/** The status of a host for which a plan was made and not applied. */
const statusBefore = ({ project, backend, desired }: Plan, on: typeof facts = facts) =>
  statusOf(project, {
    facts: on,
    rules: noRules,
    wishes: [{ project, backend, desired, mappings: desired.mappings }],
    backend,
    conflicts: true,
  })

describe.each(backends)('before the first apply with %s', (backend) => {
  test('the ports and the network are missing, and the sysctls that apply sets are no conflict', async () => {
    const { mappings, networks, conflicts } = await statusBefore(planOf({ backend, facts }))
    expect(mappings.map(({ drift }) => drift)).toEqual(['missing'])
    expect(networks.map(({ drift }) => drift)).toEqual(['missing'])
    expect(conflicts).toEqual([])
  })

  test('a sysctl that is off is a conflict once the bridge is there', async () => {
    const plan = planOf({ backend, facts })
    const made = {
      ...facts,
      interfaces: [...facts.interfaces, { name: bridge, up: true, addresses: ['172.17.0.1/16'] }],
      sysctls: { ...facts.sysctls, [`net.ipv4.conf.${bridge}.route_localnet`]: '0' },
    }
    const { conflicts } = await statusBefore(plan, made)
    const kinds = conflicts?.map(({ kind }) => kind)
    expect(kinds).toContain('ForwardingDisabled')
    expect(kinds).toContain('RouteLocalnetDisabled')
  })
})
