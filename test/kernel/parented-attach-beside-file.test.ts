import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

test('attach finds a network that it made on an interface by its name, also in the folder of a Compose file', async () => {
  await using lab = await workerLabs().open()
  const [a, b] = [await bareMachine(lab, 'a'), await bareMachine(lab, 'b')]
  const folder = dirname(
    await lab.write(
      'compose.yaml',
      'name: shop\nservices: { web: { networks: [front] } }\nnetworks: { front: }\n',
    ),
  )
  const run = async (line: string) => lab.portolan(`${line} --project-directory ${folder}`.split(' '))
  expect(await run(`attach lan --parent eth0 --subnet 192.0.2.0/24 --netns ${a.pid} --name a`)).toMatchObject(
    { exitCode: 0 },
  )
  expect(await run(`attach lan --netns ${b.pid} --name b`)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('b is on network attach/lan'),
  })
  // An option of the command overrides what exists: -p names another project.
  expect(await run(`attach lan -p shop --netns ${b.pid} --name b`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('there is no network "shop/lan"'),
  })
})
