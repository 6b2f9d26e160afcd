import { expect, test } from '@jest/globals'
import { writeAppliedText } from '@portolan/host'
import { appliedAgain, keyWords } from '../../src/command/watch/key-words.ts'
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
    `by its watch when that is started anew or gets SIGHUP (\`portolan watch --intent ${url} --project shop --state ${state}\`)`,
  )
  expect(await appliedAgain({ state }, 'other')).toContain('`portolan apply')
})

test('what messages name for a project of a key is about that project, key and state', async () => {
  const state = folder.path
  const { wording } = await keyWords({ state, intent: 'etcd:///shop' }, 'shop')
  expect(wording).toMatchObject({
    ...{ apply: null, goOn: null },
    move: `portolan move --project shop --state ${state} {}`,
    subnets: `portolan subnet --state ${state}`,
    again: `run "portolan conflicts --project shop --state ${state}" again`,
    restore: `let "portolan watch --intent etcd:///shop --project shop --state ${state}" run, or start it again`,
  })
})
