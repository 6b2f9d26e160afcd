import { expect, test } from '@jest/globals'
import { fromJson } from '../../../test/from-json.ts'
import { runNetavark } from '../src/netavark/run-netavark.ts'

const network = { name: 'web', id: '0a1b', driver: 'portolan', ipv6_enabled: false, internal: false }
const call = {
  container_id: '0a1b2c3d4e5f6071',
  container_name: 'web-1',
  port_mappings: [{ container_port: 80, host_ip: '', host_port: 8080, protocol: 'tcp', range: 1 }],
  network: { ...network, subnets: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }] },
  network_options: { interface_name: 'eth0', static_ips: ['10.9.0.2'] },
}

const answer = async (words: readonly string[], stdin: unknown) => {
  const text = typeof stdin === 'string' ? stdin : JSON.stringify(stdin)
  const { exitCode, stdout } = await runNetavark({ arguments: words, stdin: text })
  return { exitCode, ...fromJson<{ readonly error?: string; readonly api_version?: string }>(stdout) }
}

test('tells its version, and that of the API that it speaks', async () => {
  expect(await answer(['info'], '')).toMatchObject({ exitCode: 0, api_version: '1.0.0' })
})

test.each<[string, readonly string[], unknown, string]>([
  ['no verb', [], '', 'expected create, setup, teardown or info'],
  ['an unknown verb', ['remove'], '', '"remove"'],
  ['no namespace', ['setup'], call, 'needs the path'],
  ['nothing on standard input', ['create'], '', 'is no JSON'],
  ['a network without a name', ['create'], { driver: 'portolan' }, 'name'],
  ['a subnet that is none', ['create'], { ...network, subnets: [{ subnet: 'big' }] }, 'subnets[0].subnet'],
  ['an option of another driver', ['create'], { ...network, options: { vlan: '7' } }, '--opt vlan=7'],
  ['an option that is no number', ['create'], { ...network, options: { mtu: 'big' } }, '--opt mtu=big'],
  [
    'networks that are not kept apart',
    ['create'],
    { ...network, options: { isolate: 'false' } },
    'kept apart',
  ],
  ['an allocator of another kind', ['create'], { ...network, ipam_options: { driver: 'dhcp' } }, 'dhcp'],
  [
    'a name that no bridge can have',
    ['create'],
    { ...network, network_interface: 'toolongtoolongtoolong' },
    '1 to 15 bytes',
  ],
  [
    'a name that the kernel keeps',
    ['create'],
    { ...network, network_interface: 'all' },
    'the kernel keeps this name',
  ],
  [
    'the name of an interface that is there',
    ['create'],
    { ...network, network_interface: 'lo' },
    'called lo',
  ],
  [
    'a pool beside a subnet',
    ['create'],
    { ...network, subnets: [{ subnet: '10.1.0.0/16' }], options: { pool: 'classic' } },
    '--opt pool has no use beside --subnet',
  ],
  ['routes inside', ['create'], { ...network, routes: [{ destination: '10.1.0.0/16' }] }, '--route'],
  [
    'two subnets of a family',
    ['create'],
    { ...network, subnets: [{ subnet: '10.1.0.0/16' }, { subnet: '10.2.0.0/16' }] },
    'one of each family',
  ],
  ['a call without a container', ['teardown', '/run/netns/a'], { network }, 'container_id'],
  [
    'a port out of range',
    ['setup', '/run/netns/a'],
    { ...call, port_mappings: [{ container_port: 80, host_port: 80_000 }] },
    'port_mappings[0].host_port',
  ],
  [
    'a MAC that is none',
    ['setup', '/run/netns/a'],
    { ...call, network_options: { interface_name: 'eth0', static_mac: 'zz' } },
    '--mac-address "zz": expected a MAC address such as',
  ],
  [
    'a pool that is none',
    ['create'],
    { ...network, options: { pool: 'zz' } },
    '--opt pool: "zz" is not a pool',
  ],
  [
    'an option of a container',
    ['setup', '/run/netns/a'],
    { ...call, network_options: { interface_name: 'eth0', options: { mode: 'x' } } },
    'mode=x',
  ],
])('refuses %s', async (_what, words, stdin, said) => {
  const { exitCode, error, ...more } = await answer(words, stdin)
  expect({ exitCode, error, more }).toEqual({
    exitCode: 1,
    error: expect.stringContaining(said),
    more: {},
  })
})
