import { expect, test } from '@jest/globals'
import { waysOf, waysOnce } from '../../src/command/cluster/ways-out.ts'
import { withOwnOptions } from '../../src/command/options/with-own-options.ts'

test('each network is told with the command that moves it, or with what holds it', () => {
  const text = waysOf(new Set(['cni']), new Set(['shop']))(['shop/web', 'blog/front', 'cni/pods'])
  expect(text).toMatch(
    /^Give each another subnet: `portolan move -p shop web`, `portolan move -f FILE front` with the Compose file of project blog\. /,
  )
  expect(text).toMatch(/A program holds cni\/pods: end what is there, remove it, and make it again\.$/)
})

test('a subnet that the file names is left out before the move: left out alone it stays', () => {
  expect(waysOf(new Set(), new Set(['shop']))(['shop/web'])).toBe(
    'Give it another subnet: `portolan move -p shop web`. Where the file names the subnet, name another one there, or leave it out and move the network, which gives it one in a block of this host. `portolan subnet` proposes one there.',
  )
})

test('nothing is said of a file where programs hold every network', () => {
  expect(waysOf(new Set(['cni']), new Set())(['cni/one', 'cni/two'])).toBe(
    'Programs hold cni/one, cni/two: end what is there, remove them, and make them again.',
  )
})

test('a command is about the cluster that was named: without it the network would leave that', () => {
  const text = waysOf(new Set(), new Set(['shop']), withOwnOptions({ cluster: 'etcd://192.0.2.1/prod' }))
  expect(text(['shop/web', 'blog/front'])).toMatch(
    /: `portolan move --cluster etcd:\/\/192\.0\.2\.1\/prod -p shop web`, `portolan move --cluster etcd:\/\/192\.0\.2\.1\/prod -f FILE front` with/,
  )
  expect(text(['shop/web'])).toContain(
    '`portolan subnet --cluster etcd://192.0.2.1/prod` proposes one there.',
  )
})

test('what moves a network that is in several blocks is said once', () => {
  const ways = waysOnce(waysOf(new Set(), new Set(['shop', 'blog'])))
  expect(ways(['shop/web'])).toContain('`portolan move -p shop web`')
  expect(ways(['shop/web'])).toBe('What moves shop/web is said above, and is done once.')
  const more = ways(['shop/web', 'blog/front'])
  expect(more).toContain('`portolan move -p blog front`')
  expect(more).not.toContain('-p shop web')
})
