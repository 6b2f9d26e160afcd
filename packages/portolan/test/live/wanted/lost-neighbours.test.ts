import { rmSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { openWantedState } from '../../../src/live/wanted/open-wanted-state.ts'
import { withTaken } from '../../../src/live/wanted/wanted-state.ts'
import { stateFolder } from '../../joined-host.ts'

const folder = stateFolder()

test('the other hosts of a cluster are in the journal that is written again after its loss', async () => {
  const others = { cluster: 'prod', host: 'web-1', revision: 7, blocks: ['10.1.0.0/16'], others: [] }
  const wanted = openWantedState(folder.path, 'shop')
  await wanted.change(() => [withTaken(others)])
  rmSync(folder.path, { recursive: true })
  await wanted.keep()
  await wanted.close()
  const again = openWantedState(folder.path, 'shop')
  expect(again.neighbours()).toEqual(others)
  await again.close()
})
