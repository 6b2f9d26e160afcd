import { expect, test } from '@jest/globals'
import { writeAppliedText } from '@portolan/host'
import { appliedAgain } from '../../src/command/watch/key-words.ts'
import { stateFolder } from '../joined-host.ts'

const folder = stateFolder()

test('a project is applied again by the command that its kind has', async () => {
  const state = folder.path
  expect(await appliedAgain({ state }, 'shop')).toBe(
    `the project is applied again (\`portolan apply --state ${state}\`)`,
  )
  const url = 'etcd:///shop'
  await writeAppliedText(state, url, { project: 'shop', text: 'name: shop\n', url })
  expect(await appliedAgain({ state }, 'shop')).toMatch(
    `by its watch as that is started anew, or as it gets SIGHUP (\`portolan watch --intent ${url} --project shop --state ${state}\`)`,
  )
  expect(await appliedAgain({ state }, 'other')).toContain('`portolan apply')
})
