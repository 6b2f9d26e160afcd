import { expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { wishOf } from '../../src/command/watch/wish-of.ts'

const wish = (text: string, source = 'compose.yaml'): string =>
  wishOf(readCompose(text, { source, project: 'shop' }))

const text = 'services:\n  a: {ports: ["8080:80"]}\n  b: {ports: ["9090:80", "9091:80"]}\n'

test('a wish is the same from another place, in another order, and with a key that has no effect', () => {
  const sorted =
    'x-note: 1\n\nservices:\n  b: {port: 1, ports: ["9091:80", "9090:80"]}\n  a: {ports: ["8080:80"]}\n'
  expect(wish(sorted, 'etcd:///shop')).toBe(wish(text))
})

test.each([
  ['another port', text.replace('9090', '9092')],
  ['another service', text.replace('a:', 'c:')],
  ['another project', `name: other\n${text}`],
  ['a service less', text.replace(/ {2}a:.*\n/, '')],
])('%s is another wish', (_what, other) => {
  const named = (one: string): string => wishOf(readCompose(one, { source: 'x', folder: 'shop' }))
  expect(named(other)).not.toBe(named(text))
})
