import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import {
  answersInTime,
  attachNginx,
  cluster,
  describeStored,
  here,
  nextEvent,
  putText,
  run,
  shop,
  startWatch,
  state,
  stopWatch,
  untilInForce,
  untilRefused,
} from './stored-intent/stored-shop.ts'

const plan = () => run('plan', '-p', 'shop', ...cluster(), '--json')
/** Waits until the watch says that it has stored its leases again. */
const untilStoredAgain = () =>
  nextEvent(
    'written down',
    (event) =>
      event.kind === 'drift' &&
      event.outcome === 'repaired' &&
      // Other drift events may come earlier, for example about a port that has just been attached.
      event.changes.some(({ object }) => object === 'leases'),
  )

describeStored('portolan watch --intent after a loss of the state directory', () => {
  test('stores the text in force again, and commands that name the project work', async () => {
    const { lab, etcd } = here()
    await putText(shop('9092:80'))
    await startWatch()
    await untilInForce()
    await attachNginx(shop('9092:80'))
    const before = JSON.parse((await plan()).stdout)
    await lab.host.mustRun(['mv', state, `${state}.first`])
    await untilStoredAgain()
    const after = JSON.parse((await plan()).stdout)
    expect(after).toMatchObject({
      addresses: before.addresses,
      summary: { add: 0, change: 0, remove: 0 },
    })
    expect((await run('status', '-p', 'shop', ...cluster())).stdout).not.toContain('DRIFT ?')
    // A text that is held back does not become the active one.
    await lab.host.listen({ protocol: 'tcp', port: 8300 })
    await putText(shop('9092:80', '8300:80'))
    expect(await untilRefused()).toMatch(/^BLOCKED: /)
    await lab.host.mustRun(['mv', state, `${state}.second`])
    await untilStoredAgain()
    const held = await plan()
    expect(fromJson(held.stdout)).toMatchObject({ heldBack: { code: 'BLOCKED' } })
    expect(fromJson<{ readonly mappings: unknown }>(held.stdout).mappings).toHaveLength(
      before.mappings.length,
    )
    // The active text is stored for a start without etcd.
    await stopWatch()
    await etcd.kill()
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await startWatch()
    await untilInForce()
    expect(await answersInTime(9092)).toBe(true)
    await stopWatch()
  })

  test('does not run yet: until then commands that name the project say what is lost and what to do', async () => {
    const { lab } = here()
    await lab.host.mustRun(['mv', state, `${state}.third`])
    for (const verb of ['plan', 'conflicts', 'move']) {
      const { exitCode, stderr } = await run(verb, '-p', 'shop', ...(verb === 'move' ? ['default'] : []))
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: expect.stringMatching(/project shop .*on this host.*no text of it.*watch --intent.*-f/s),
      })
    }
    const unknown = await run('plan', '-p', 'nowhere')
    expect(unknown.stderr).toContain('there is no Compose file here')
    expect(unknown.stderr).not.toContain('watch')
  })
})
