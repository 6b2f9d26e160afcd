import { describe, expect, test } from '@jest/globals'
import { parseCniNetwork } from '../../src/engine/cni-network.ts'

const file = '/etc/cni/net.d/87-podman.conflist'
const subnetsOf = (value: unknown) => parseCniNetwork(JSON.stringify(value), file).networks[0]?.subnets

describe('parseCniNetwork', () => {
  test("a list of plugins: host-local's ranges, one list for each address", () => {
    const list = {
      cniVersion: '0.4.0',
      name: 'podman',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni-podman0',
          isGateway: true,
          ipMasq: true,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            routes: [{ dst: '0.0.0.0/0' }],
            ranges: [[{ subnet: '10.88.0.0/16', gateway: '10.88.0.1' }], [{ subnet: 'fd00:88::/64' }]],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
        { type: 'firewall' },
        { type: 'tuning' },
      ],
    }
    expect(parseCniNetwork(JSON.stringify(list), file)).toEqual({
      networks: [
        {
          engine: 'cni',
          name: 'podman',
          subnets: ['10.88.0.0/16', 'fd00:88::/64'],
          bridge: 'cni-podman0',
          gateways: ['10.88.0.1'],
          file,
        },
      ],
      pools: [],
      complaints: [],
    })
  })
  test('what host-local hands out is told where that is not the whole subnet', () => {
    const range = { subnet: '10.22.0.0/16', rangeStart: '10.22.1.0', rangeEnd: '10.22.1.255' }
    const rangesOf = (ipam: unknown) =>
      parseCniNetwork(JSON.stringify({ name: 'pods', type: 'bridge', ipam }), file).networks[0]?.ranges
    expect(rangesOf(range)).toEqual(['10.22.1.0-10.22.1.255'])
    expect(rangesOf({ ranges: [[range]] })).toEqual(['10.22.1.0-10.22.1.255'])
    expect(rangesOf({ subnet: '10.22.0.0/16', rangeStart: '10.22.1.0' })).toBeUndefined()
  })
  test('one plugin alone, in the older form; a bridge without a name is cni0', () => {
    const one = { name: 'mynet', type: 'bridge', ipam: { type: 'host-local', subnet: '10.22.0.0/16' } }
    expect(parseCniNetwork(JSON.stringify(one), file).networks[0]).toMatchObject({
      subnets: ['10.22.0.0/16'],
      bridge: 'cni0',
    })
  })
  test.each([
    [
      'static addresses',
      { ipam: { type: 'static', addresses: [{ address: '10.10.0.1/24' }] } },
      ['10.10.0.0/24'],
    ],
    [
      "Calico's pools, but not their names",
      { ipam: { type: 'calico-ipam', ipv4_pools: ['10.24.0.0/13', 'default-ipv4-ippool'] } },
      ['10.24.0.0/13'],
    ],
    ['a delegate', { delegate: { ipam: { subnet: '10.4.0.0/24' } } }, ['10.4.0.0/24']],
    ['delegates', { delegates: [{ ipam: { subnet: '10.4.0.0/24' } }] }, ['10.4.0.0/24']],
  ])('%s', (_, plugin, subnets) => {
    expect(subnetsOf({ name: 'x', ...plugin })).toEqual(subnets)
  })
  test.each([
    { name: 'loopback', type: 'loopback' },
    { name: 'dhcp', type: 'macvlan', ipam: { type: 'dhcp' } },
    { name: 'kubenet', type: 'bridge', ipam: { type: 'host-local', subnet: 'usePodCidr' } },
    { name: 'crio', plugins: [{ ipam: { ranges: [[{ subnet: 'usePodCidr' }]] } }] },
  ])('$name has no subnet of its own, which is no mistake', (value) => {
    expect(parseCniNetwork(JSON.stringify(value), file)).toEqual({ networks: [], pools: [], complaints: [] })
  })
  test.each([
    ['not json', /87-podman\.conflist could not be understood: it is not JSON/],
    ['{"plugins": [{"ipam": {"subnet": "10.22.0.0/160"}}]}', /ipam\.subnet: expected a subnet/],
    ['{"plugins": [{"ipam": {"ranges": [["10.22"]]}}]}', /ipam\.ranges: .* found "10\.22"/],
  ])('%s is complained of', (text, complaint) => {
    expect(parseCniNetwork(text, file).complaints).toEqual([expect.stringMatching(complaint)])
  })
})
