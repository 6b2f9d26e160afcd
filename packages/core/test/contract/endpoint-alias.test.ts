import { describe, expect, test } from '@jest/globals'
import {
  bridgeAlias,
  endpointAlias,
  endpointPortName,
  parseBridgeAlias,
  parseEndpointAlias,
} from '../../src/contract/index.ts'

const mark = { project: 'shop', network: 'web', endpoint: 'web-1' }

describe('the alias of an endpoint', () => {
  test('names portolan, the project, the network and the endpoint', () => {
    expect(endpointAlias(mark)).toBe('portolan project=shop network=web endpoint=web-1')
  })

  test.each(['web-1', 'with space', 'a=b', 'é', '100%'])('gives %j back', (name) => {
    for (const one of [
      { ...mark, endpoint: name },
      { ...mark, network: name },
      { ...mark, project: name },
    ])
      expect(parseEndpointAlias(endpointAlias(one))).toEqual(one)
  })

  test('is not that of a bridge, and the other way about', () => {
    expect(parseBridgeAlias(endpointAlias(mark))).toBeNull()
    expect(parseEndpointAlias(bridgeAlias(mark))).toBeNull()
    for (const foreign of [undefined, '', 'uplink', 'portolan project=shop network=web endpoint=%E0%A4%A'])
      expect(parseEndpointAlias(foreign)).toBeNull()
  })
})

test('the interface of an endpoint has a name of its own, within 15 characters', () => {
  const names = ['web-1', 'web-2', 'a name that is far too long for an interface', '%'].flatMap((endpoint) =>
    ['web', 'db'].flatMap((network) =>
      [0, 1].map((attempt) => endpointPortName({ project: 'shop', network, endpoint }, attempt)),
    ),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^ve-[a-z0-9]{1,5}-[a-z0-9]{6}$/)
  expect(endpointPortName(mark)).toBe(endpointPortName(mark, 0))
})
