/**
 * Works around a fault of Node. Node keeps the numbers of a process's last `stat` in one place. While they are those of
 * a pipe or a socket, `realpathSync` stops at a link. Then packages that are links, as pnpm installs them, are not
 * found (lib/fs.js, `isFileType(statValues, S_IFIFO)`; measured: Node 20.20). The suites of a worker share a process.
 * So a suite that reads a socket's `stat` last, as `rmSync` of its folder does, would keep the next one from loading a
 * package. Each such `stat` is therefore followed by one of a folder.
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
