import { expect, test } from '@jest/globals'
import { readCompose, readComposeFiles } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import fc from 'fast-check'

test('no text makes the reader fail in any other way than with an error of ours', () => {
  const words = [
    'services',
    'networks',
    'ports',
    'a',
    '8080:80',
    'x-portolan',
    'ipam',
    'config',
    '<<',
    '*a',
    '&a',
  ]
  const signs = [
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '${A',
    '!reset',
    '|\n',
    '#',
    ',',
    '\t',
    '? ',
  ]
  const noise = fc
    .array(fc.constantFrom(...words, ...signs), { maxLength: 40 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (text) => {
      try {
        readComposeFiles([{ text, source: 'a' }])
      } catch (error) {
        expect(error).toBeInstanceOf(PortolanError)
      }
    }),
    { numRuns: 600 },
  )
})

test('no value in a place that is read makes the reader fail in any other way than with an error of ours', () => {
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        null,
        true,
        '',
        'a',
        0,
        -1,
        1.5,
        '80',
        '10.0.0.0/24',
        '10.0.0.1',
        'fd00::/64',
        '$',
        'service:a',
      ),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(
        fc.constantFrom(
          'ports',
          'networks',
          'network_mode',
          'default',
          'ipam',
          'config',
          'subnet',
          'target',
          'scale',
          'extends',
          'x-portolan',
          'pool',
          'external',
          'driver_opts',
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value
  const model = fc.record({
    services: fc.dictionary(fc.constantFrom('a', 'b'), value),
    networks: fc.dictionary(fc.constantFrom('default', 'n'), value),
  })
  fc.assert(
    fc.property(model, (json) => {
      try {
        readCompose(JSON.stringify(json), { source: 'a' })
      } catch (error) {
        expect(error).toBeInstanceOf(PortolanError)
      }
    }),
    { numRuns: 600 },
  )
})
