import { readCompose } from '@portolan/core'
import { fakeHost } from '@portolan/testing'
import '@portolan/testing/vitest'
import { expect, test } from 'vitest'

const client = { family: 'ip', in: 'eth0', source: '198.51.100.7', protocol: 'tcp' } as const

test('the matchers work in Vitest', async () => {
  const host = fakeHost()
  const intent = readCompose('services: {web: {ports: ["8080:80"]}}', {
    source: 'compose.yaml',
    project: 'shop',
  })
  await host.apply(await host.plan(intent))
  const published = { ...client, destination: '192.0.2.2', destinationPort: 8080 }
  expect(host).toDeliver(published, { service: 'web' })
  expect(host).toDrop({ ...client, destination: '172.17.0.1', destinationPort: 81 })
  expect(host).toHaveNoConflicts()
  expect(host).toMeetContract()
  expect(() => expect(host).toDrop(published)).toThrow('A TCP packet from 198.51.100.7')
})
