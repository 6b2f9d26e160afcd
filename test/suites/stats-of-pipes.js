/**
 * Node keeps the numbers of the last `stat` of a process in one place. While those are of a pipe or a socket, its
 * `realpathSync` stops at a link, so that packages which are links, as pnpm installs them, are not found (lib/fs.js,
 * `isFileType(statValues, S_IFIFO)`; measured: Node 20.20). Suites of a worker share a process: one that has looked at a
 * socket last, as `rmSync` of its folder does, would keep the next from loading a package. So each such look is followed
 * by one at a folder.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { statSync } = fs

for (const name of ['statSync', 'lstatSync', 'fstatSync']) {
  const look = fs[name]
  fs[name] = (...words) => {
    const found = look(...words)
    if (found?.isFIFO() || found?.isSocket()) statSync('/')
    return found
  }
}
syncBuiltinESMExports()
