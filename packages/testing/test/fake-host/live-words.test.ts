import { expect, test } from '@jest/globals'
import { fakeHost } from '@portolan/testing'

/** What a user of the command is told to do, and a program cannot. */
const ofTheCommand = /--[a-z]|portolan (apply|move|conflicts)|com\.docker/

const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'it was not refused'
}

test('a live host tells its program what to do in options and calls of the library', async () => {
  const host = fakeHost()
  host.addInterface('br-foreign', 'bridge')
  await using live = await host.openHost()
  const taken = await refusal(live.ensureNetwork('web', { bridge: 'br-foreign' }))
  expect(taken).toMatch('Choose another name with the option bridge of ensureNetwork.')
  const none = await refusal(live.ensureNetwork('web', { pool: '192.0.2.0/24:24' }))
  expect(none).toMatch('Name another pool (pool: "docker", ')
  const overlap = await refusal(live.ensureNetwork('web', { ipv4: { subnet: '192.0.2.0/25' } }))
  expect(overlap).toMatch(
    'use the range anyway with allowed: [192.0.2.0/24] in the config that openHost gets',
  )
  expect([taken, none, overlap].filter((message) => ofTheCommand.test(message))).toEqual([])
})
