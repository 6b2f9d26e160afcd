import { expect, test } from '@jest/globals'
import { bridgeMac } from '@portolan/core/planning'
import { macFromAddress } from '@portolan/netfilter'

const subnet = (gateway: string | null) => ({ ip: null, ip6: { gateway } }) as Parameters<typeof bridgeMac>[1]
const web = { ...subnet('fd00::1'), name: 'web' }
const host = { machineId: '6d61636869006d616368690061000001' }

test('a bridge has the same MAC each time that it is made, whatever its subnets came to be', () => {
  const mac = bridgeMac('shop', web, host)
  expect(mac).toMatch(/^06(:[0-9a-f]{2}){5}$/)
  expect(bridgeMac('shop', { ...web, ...subnet(null) }, { machineId: `${host.machineId}\n` })).toBe(mac)
})

test('another network, another project, another host and an endpoint have another one', () => {
  const others = [
    bridgeMac('shop', web, host),
    bridgeMac('shop', { ...web, name: 'db' }, host),
    bridgeMac('blog', web, host),
    bridgeMac('shop', web, { machineId: 'another' }),
    // Hosts without a machine id are told apart by what leads to them.
    bridgeMac('shop', web, {}),
    bridgeMac('shop', { ...web, ...subnet('fd00::2') }, {}),
    macFromAddress('fd00::1'),
  ]
  expect(new Set(others).size).toBe(others.length)
})
