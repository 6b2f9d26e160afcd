import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { refuseUnknownOptions } from '@portolan/netfilter/schema'
import { type NetworkOptions, networkIntent } from '../../../src/intent/builder/network-options.ts'
import { requestedName } from '../../../src/intent/builder/requested-options.ts'

describe('a name that a program gives', () => {
  test.each(['web', 'a b', '/', '__proto__', 'constructor', 'x'.repeat(100)])('may be %j', (name) => {
    expect(requestedName(name, 'a network')).toBe(name)
  })

  test.each([
    undefined,
    null,
    5,
    {},
    '',
    'x'.repeat(101),
    '\ud800',
    'a\nb',
    'a\0',
    '\u001b[1m',
    'a\u2028b',
  ] as readonly unknown[])('is refused where it is %j', (name) => {
    expect(() => requestedName(name, 'a network')).toThrow(InvalidRequestError)
  })
})

describe('a subnet that no network can use', () => {
  test.each([
    ['fe80::/64', 'fe80::/10'],
    ['ff02::/64', 'ff00::/8'],
    ['::ffff:10.0.0.0/104', '::ffff:0.0.0.0/96'],
  ])('is refused, such as %s', (subnet, range) => {
    expect(() => networkIntent('ll', { ipv6: { subnet } })).toThrow(
      `ipv6.subnet is ${subnet}, which overlaps ${range}`,
    )
  })

  test.each(['127.1.0.0/16', '224.0.0.0/8', '0.0.0.0/16'])('is refused, such as %s', (subnet) => {
    expect(() => networkIntent('ll', { ipv4: { subnet } })).toThrow(InvalidRequestError)
  })
})

describe('options that a program gives', () => {
  test.each([null, 5, 'x', []] as readonly unknown[])('are refused where they are %j', (options) => {
    expect(() => refuseUnknownOptions(options, ['pool'], 'the options')).toThrow('expected an object')
  })

  test.each([
    { subnet: '10.1.0.0/24' },
    { ipv4: { subnett: '10.1.0.0/24' } },
    { constructor: 1 },
  ] as readonly unknown[])('are refused where one is unknown: %j', (options) => {
    expect(() => networkIntent('web', options as NetworkOptions)).toThrow(/have no "(subnett?|constructor)"/)
  })

  test.each([{ pool: 5 }, { pool: null }, { pool: ['classic', null] }, { bridge: 5 }])(
    'are refused where a value is of no kind that there is: %j',
    (options) => {
      expect(() => networkIntent('web', options as unknown as NetworkOptions)).toThrow(InvalidRequestError)
    },
  )
})
