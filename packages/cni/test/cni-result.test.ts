import { expect, test } from '@jest/globals'
import { type CniResult, readResult, resultIn } from '../src/result/cni-result.ts'

const result: CniResult = {
  interfaces: [
    { name: 'br-pods' },
    { name: 'eth0', mac: '02:42:0a:01:00:02', mtu: 1400, sandbox: '/run/netns/a' },
  ],
  ips: [
    { address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 1 },
    { address: 'fd00::2/64', interface: 1 },
  ],
  routes: [{ dst: '0.0.0.0/0' }],
  dns: {},
}

test('a result of 1.1.0 has the MTU of an interface, and those before it have not', () => {
  expect(resultIn('1.1.0', result)).toEqual({ cniVersion: '1.1.0', ...result })
  expect(resultIn('1.0.0', result)).toMatchObject({ interfaces: [{ name: 'br-pods' }, { name: 'eth0' }] })
  expect(JSON.stringify(resultIn('1.0.0', result))).not.toContain('mtu')
})

test('a result of 0.4.0 has the family of each address', () => {
  expect(resultIn('0.4.0', result)).toMatchObject({ ips: [{ version: '4' }, { version: '6' }] })
})

test('a result that was handed in and is none is refused with its place', () => {
  expect(() => readResult({ ips: [{ gateway: '10.1.0.1' }] })).toThrow('ips[0].address in prevResult')
})

test('a result that another plugin made is told in the version that is asked for', () => {
  const before = readResult({ cniVersion: '0.4.0', ips: [{ version: '4', address: '10.1.0.2/24' }] })
  expect(resultIn('1.0.0', before)).toEqual({
    cniVersion: '1.0.0',
    interfaces: [],
    ips: [{ address: '10.1.0.2/24' }],
  })
})
