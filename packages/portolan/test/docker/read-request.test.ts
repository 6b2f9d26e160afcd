import { describe, expect, test } from '@jest/globals'
import { readRequest } from '../../src/docker/protocol/read-request.ts'
import { verbs } from '../../src/docker/protocol/verbs.ts'

const read = (path: string, body: string): unknown => {
  const verb = verbs[path]
  if (verb === undefined) throw new Error(`no verb ${path}`)
  return readRequest({ path, body }, verb)
}
const id = 'ab12'.repeat(16)

describe('a call of dockerd', () => {
  test('is known by every path of both drivers', () => {
    expect(Object.keys(verbs).filter((path) => path.startsWith('/NetworkDriver.'))).toHaveLength(14)
    expect(Object.keys(verbs).filter((path) => path.startsWith('/IpamDriver.'))).toHaveLength(6)
  })

  test('may be empty where nothing is asked, and nowhere else', () => {
    expect(read('/Plugin.Activate', '')).toEqual({})
    expect(read('/IpamDriver.GetDefaultAddressSpaces', 'null\n')).toEqual({})
    expect(() => read('/NetworkDriver.Join', '')).toThrow('came without a request')
  })

  test('is read with whatever a later Docker adds', () => {
    const join = { NetworkID: id, EndpointID: id, SandboxKey: '/run/x', Options: null, More: 1 }
    expect(read('/NetworkDriver.Join', JSON.stringify(join))).toEqual(join)
  })

  test.each([
    ['/NetworkDriver.Join', '{', 'the text ends too soon'],
    ['/NetworkDriver.Join', '7', 'expected an object'],
    ['/NetworkDriver.Join', '{}', 'NetworkID'],
    ['/NetworkDriver.Join', `{"NetworkID": "../x", "EndpointID": "${id}"}`, 'an identifier of Docker'],
    [
      '/NetworkDriver.CreateNetwork',
      `{"NetworkID": "${id}", "IPv4Data": [{"Pool": "web"}]}`,
      'IPv4Data[0].Pool',
    ],
    ['/NetworkDriver.CreateNetwork', `{"NetworkID": "${id}", "Options": []}`, 'Options'],
    ['/IpamDriver.RequestPool', '{"V6": "yes"}', 'V6'],
    ['/IpamDriver.RequestAddress', '{"PoolID": "10.0.0.0/8", "Address": "10.0"}', 'an IP address'],
    ['/IpamDriver.RequestAddress', '{"PoolID": "10.0.0.0/8", "Options": {"a": 1}}', 'Options.a'],
  ])('is refused with what is wrong of it: %s %s', (path, body, words) => {
    expect(() => read(path, body)).toThrow(words)
  })
})
