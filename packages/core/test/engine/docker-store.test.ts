import { describe, expect, test } from '@jest/globals'
import { bridgeName } from '../../src/contract/bridge-name.ts'
import { parseDockerStore } from '../../src/engine/docker-store.ts'

const file = '/var/lib/docker/network/files/local-kv.db'
const id = '8df1690cd55956293858450602f23261a844875db7419567844e9f9f8e274292'
const record = (kind: string, value: unknown, key: string = id) => ({
  key: `docker/network/v1.0/${kind}/${key}/`,
  text: typeof value === 'string' ? value : JSON.stringify(value),
})
/** The form that Docker 26 writes: JSON texts inside JSON. */
const info = (pool: string, more: object = {}) =>
  JSON.stringify([{ PoolID: `LocalDefault/${pool}`, IPAMData: JSON.stringify({ Pool: pool, ...more }) }])
const web = {
  name: 'web',
  networkType: 'bridge',
  ipamV4Info: info('172.18.0.0/16', { Gateway: '172.18.0.1/16' }),
}
const read = (...records: ReturnType<typeof record>[]) => parseDockerStore(records, file)

describe('parseDockerStore', () => {
  test('a bridge network has its name, subnets of both families, gateways, and a bridge named for its id', () => {
    const { networks, complaints } = read(
      record('network', { ...web, ipamV6Info: info('fd77:1::/64', { Gateway: 'fd77:1::1/64' }) }),
    )
    expect(complaints).toEqual([])
    expect(networks).toEqual([
      {
        engine: 'docker',
        name: 'web',
        subnets: ['172.18.0.0/16', 'fd77:1::/64'],
        bridge: 'br-8df1690cd559',
        gateways: ['172.18.0.1', 'fd77:1::1'],
        used: [],
        file,
      },
    ])
  })
  test('the option names the bridge before the record of the driver does', () => {
    const generic = { 'com.docker.network.generic': { 'com.docker.network.bridge.name': 'br-web' } }
    const driver = record('bridge', { BridgeName: 'br-driver' })
    expect(read(record('network', { ...web, generic }), driver).networks[0]?.bridge).toBe('br-web')
    expect(read(record('network', web), driver).networks[0]?.bridge).toBe('br-driver')
  })
  test('a network that Portolan made for Docker is its own, by project, name and bridge', () => {
    const made = { ...web, networkType: 'portolan' }
    expect(read(record('network', made)).networks).toMatchObject([
      {
        subnets: ['172.18.0.0/16'],
        bridge: bridgeName('docker', '8df1690cd559'),
        own: { project: 'docker', network: '8df1690cd559' },
      },
    ])
    const generic = { 'com.docker.network.generic': { 'com.docker.network.bridge.name': 'br-web' } }
    expect(read(record('network', { ...made, generic })).networks[0]?.bridge).toBe('br-web')
  })
  test('the range that containers get their addresses from is told, and what is kept for other machines is in use', () => {
    const asked = [
      { PreferredPool: '10.77.0.0/24', SubPool: '10.77.0.128/25', AuxAddresses: { printer: '10.77.0.200' } },
    ]
    const [network] = read(
      record('network', {
        ...web,
        ipamV4Config: JSON.stringify(asked),
        ipamV4Info: info('10.77.0.0/24', { AuxAddresses: { printer: '10.77.0.200/24' } }),
      }),
    ).networks
    expect(network).toMatchObject({
      ranges: ['10.77.0.128/25'],
      used: [{ address: '10.77.0.200', by: 'printer' }],
    })
  })
  test('each endpoint is in use on its own network, with the name of its container', () => {
    const endpoint = { name: 'c1', ep_iface: { addr: '172.18.0.2/16', addrv6: 'fd77:1::2/64' } }
    const { networks } = read(
      record('network', web),
      record('network', { ...web, name: 'api' }, 'f'.repeat(64)),
      record('endpoint', endpoint, `${id}/${'a'.repeat(64)}`),
      record('endpoint', { name: 'c2', ep_iface: null }, `${id}/${'b'.repeat(64)}`),
    )
    expect(networks.map(({ name, used }) => [name, used])).toEqual([
      [
        'web',
        [
          { address: '172.18.0.2', by: 'c1' },
          { address: 'fd77:1::2', by: 'c1' },
        ],
      ],
      ['api', []],
    ])
  })
  test('networks without a bridge of their own are avoided, those without a subnet are none', () => {
    const { networks, complaints } = read(
      record('network', { ...web, name: 'lan', networkType: 'macvlan' }, 'a'),
      record('network', { name: 'host', networkType: 'host' }, 'b'),
      record('network', { name: 'none', networkType: 'null' }, 'c'),
      record(
        'network',
        {
          name: 'lent',
          networkType: 'bridge',
          configOnly: true,
          ipamV4Config: '[{"PreferredPool": "10.1.0.0/24"}]',
        },
        'd',
      ),
    )
    expect(networks).toEqual([expect.objectContaining({ name: 'lan', subnets: ['172.18.0.0/16'] })])
    expect(networks[0]).not.toHaveProperty('bridge')
    expect(complaints).toEqual([])
  })
  test('without what IPAM gave, a network has the subnet that was asked for, or that of its bridge', () => {
    const bare = { name: 'web', networkType: 'bridge' }
    const asked = { ...bare, ipamV4Config: '[{"PreferredPool": "10.77.0.0/24"}]' }
    expect(read(record('network', asked)).networks[0]?.subnets).toEqual(['10.77.0.0/24'])
    const driver = record('bridge', { AddressIPv4: '10.78.0.1/24' })
    expect(read(record('network', bare), driver).networks[0]?.subnets).toEqual(['10.78.0.0/24'])
  })
  test.each<[string, readonly ReturnType<typeof record>[], RegExp]>([
    [
      'a record that is no JSON',
      [record('network', '{"name": ')],
      /the record docker\/network\/v1\.0\/network\/8df1\S* is not understood/,
    ],
    [
      'a network whose subnet is not understood',
      [record('network', { name: 'web', networkType: 'bridge', ipamV4Info: '?' })],
      /network web has no subnet that is understood/,
    ],
    [
      'a subnet that is none',
      [record('network', { ...web, ipamV4Info: info('ten') })],
      /network web: expected a subnet .* found "ten"/,
    ],
    [
      'keys of another version',
      [{ key: 'docker/network/v2.0/network/x/', text: '{}' }],
      /records of an unknown version \(docker\/network\/v2\.0/,
    ],
  ])('%s is told', (_, records, expected) => {
    const { networks, complaints } = parseDockerStore(records, file)
    expect(networks).toEqual([])
    expect(complaints).toEqual([expect.stringMatching(expected)])
  })
  test('an empty database defines nothing, and that is no complaint', () => {
    expect(read()).toEqual({ networks: [], pools: [], complaints: [] })
  })
})
