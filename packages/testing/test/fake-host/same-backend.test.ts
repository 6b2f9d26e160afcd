import { expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { fakeHost, smallHost } from '@portolan/testing'
import { backends } from 'portolan/machine'

const shop = (port: number) =>
  readCompose(`services: {web: {ports: ["${port}:80"]}}`, { source: 'compose.yaml', project: 'shop' })

test.each(backends)(
  'a plan that names no backend stays with %s, where the rules of the project are',
  async (backend) => {
    const host = fakeHost(smallHost)
    await host.apply(await host.plan(shop(8080), { backend }))
    expect(await host.plan(shop(8080))).toMatchObject({ backend, changes: [] })
    await host.apply(await host.plan(shop(9090)))
    expect(await host.plan(shop(9090), { backend })).toMatchObject({ changes: [] })
  },
)

test('what was in force last counts where no rules are', async () => {
  const host = fakeHost(smallHost)
  expect(await host.plan(shop(8080), { lastBackend: 'iptables-legacy' })).toMatchObject({
    backend: 'iptables-legacy',
  })
  await host.apply(await host.plan(shop(8080), { backend: 'iptables-nft' }))
  expect(await host.plan(shop(8080), { lastBackend: 'iptables-legacy' })).toMatchObject({
    backend: 'iptables-nft',
  })
})
