import { describe, expect, test } from '@jest/globals'
import type { Protocol } from '@portolan/netfilter'
import { IntentError } from '@portolan/netfilter'
import { bridgeName } from '../../src/contract/bridge-name.ts'
import type { EndpointIntent, Intent, MappingIntent, NetworkIntent } from '../../src/intent/index.ts'
import { resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

const refuse = (wish: Partial<Intent>, expected: RegExp): void => {
  const attempt = () => resolve(intent(wish), {})
  expect(attempt).toThrow(IntentError)
  expect(attempt).toThrow(expected)
}

describe('an intent that no reader would have made is refused, with its place', () => {
  test.each<[string, string]>([
    ['in capitals', 'Shop'],
    ['with a slash', 'a/b'],
    ['of two lines', 'shop\nblog'],
    ['empty', ''],
    ['too long', 'a'.repeat(64)],
    ['that starts with a dash', '-shop'],
  ])('for a project name %s', (_, project) => {
    refuse({ project }, /cannot name a project/)
  })

  test.each<[string, Partial<NetworkIntent>, RegExp]>([
    ['an empty name', { name: '' }, /^compose\.yaml:3:5: "" cannot name a network/],
    ['a name that is no text', { name: '\ud800' }, /cannot name a network/],
    [
      'a name too long for an alias',
      { name: 'ю'.repeat(60) },
      /cannot name a network: it is 360 characters long, and at most 100 are possible/,
    ],
    ['a name of two lines', { name: 'a\nb' }, /the name of a network is "a\\nb"/],
    [
      'an external name of two lines',
      { external: true, externalName: 'a\nb' },
      /the external name of network web is "a\\nb"/,
    ],
    ['a bridge with a slash', { bridge: 'br/0' }, /the bridge of network web is "br\/0"/],
    ['a bridge of 16 bytes', { bridge: 'br-0123456789abc' }, /which no interface can be called/],
    ['a bridge of 16 bytes in 8 letters', { bridge: 'мостмост' }, /which no interface can be called/],
    ['a bridge that sysctl takes for all', { bridge: 'all' }, /the kernel keeps this name for the settings/],
    ['a bridge that every host has', { bridge: 'lo' }, /cannot be called lo: each network namespace/],
    [
      'a bridge that the kernel takes for a template',
      { bridge: 'br%d' },
      /is "br%d", which no interface can/,
    ],
    ['an MTU below IPv4', { mtu: 67 }, /the MTU of network web is 67/],
    ['an MTU beyond a bridge', { mtu: 65536 }, /the MTU of network web is 65536/],
    ['a host binding that is no address', { hostBinding: 'eth0' }, /binds ports to "eth0"/],
    [
      'mode isolated without internal',
      { ip: subnetIntent({ mode: 'isolated' }) },
      /isolated but not internal/,
    ],
    ['a mode of its own', { ip: subnetIntent({ mode: 'bridge' as 'nat' }) }, /the gateway mode "bridge"/],
  ])('for a network with %s', (_, wish, expected) => {
    refuse({ networks: [networkIntent(wish)], endpoints: [] }, expected)
  })

  test('for two networks of one name or one bridge', () => {
    refuse({ networks: [networkIntent(), networkIntent()] }, /two networks are called web/)
    const both = [networkIntent({ bridge: 'br0' }), networkIntent({ name: 'db', bridge: 'br0' })]
    refuse({ networks: both }, /two networks both want the bridge br0/)
    const derived = bridgeName('shop', 'web')
    const borrowed = [networkIntent({ bridge: null }), networkIntent({ name: 'db', bridge: derived })]
    refuse({ networks: borrowed }, new RegExp(`two networks both want the bridge ${derived}`))
  })

  test.each<[string, Partial<EndpointIntent>, RegExp]>([
    ['no name', { service: '' }, /cannot name a service/],
    ['replica 0', { replica: 0 }, /replica 0 of nginx: replicas count from 1/],
    ['half a replica', { replica: 1.5 }, /replicas count from 1/],
    ['a MAC that is none', { mac: '02:42' }, /the MAC of nginx is "02:42": expected a MAC address such as/],
    ['a MAC of a group of stations', { mac: '01:00:5e:00:00:01' }, /with an even first byte/],
    ['a MAC of zeros', { mac: '00:00:00:00:00:00' }, /not all zeros/],
  ])('for an endpoint with %s', (_, wish, expected) => {
    refuse({ endpoints: [endpointIntent(wish)] }, expected)
  })

  test.each<[string, Partial<MappingIntent>, RegExp]>([
    ['a protocol of its own', { protocol: 'icmp' as Protocol }, /a port of nginx has the protocol "icmp"/],
    ['port 0', { containerPorts: { first: 0, last: 0 } }, /is no range of ports/],
    ['a port too high', { hostPorts: { first: 65536, last: 65536 } }, /is no range of ports/],
    ['a range upside down', { hostPorts: { first: 81, last: 80 } }, /is no range of ports/],
    ['ranges that do not match', { containerPorts: { first: 80, last: 81 } }, /cannot be published/],
    ['a weight of 0', { weight: 0 }, /has the weight 0/],
    ['an interface that is none', { interface: 'eth 0' }, /the interface of a port of nginx is "eth 0"/],
    ['a host address that is none', { hostAddress: 'localhost' }, /is bound to "localhost"/],
    [
      'allow_from of IPv4-mapped addresses',
      { allowFrom: ['::ffff:10.0.0.0/104'] },
      /is open to ::ffff:10\.0\.0\.0\/104, and .*: write 10\.0\.0\.0\/8/,
    ],
    ['allow_from that is no prefix', { allowFrom: ['everyone'] }, /is open to "everyone"/],
  ])('for a mapping with %s', (_, wish, expected) => {
    refuse({ mappings: [mappingIntent('8080:80', wish)] }, expected)
  })

  test('for ports of an internal network', () => {
    const networks = [networkIntent({ internal: true })]
    refuse({ networks, mappings: [mappingIntent('8080:80')] }, /published on the internal network web/)
  })
})
