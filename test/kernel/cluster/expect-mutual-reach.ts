import { expect } from '@jest/globals'
import type { Node } from './site-node.ts'

/** Expects that the containers of any two of these hosts reach each other at their own addresses. */
export const expectMutualReach = async (...nodes: readonly Node[]): Promise<void> => {
  for (const from of nodes)
    for (const to of nodes)
      if (from !== to)
        for (const family of ['address', 'address6'] as const)
          expect(await from.web.reach({ protocol: 'tcp', destination: to[family], port: 81 })).toMatchObject({
            delivered: true,
            source: from[family],
          })
}
