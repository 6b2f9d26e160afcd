#!/usr/bin/env -S node --
// Without `--` Node 20 takes --env-file for its own, wherever it stands, and puts the variables into the environment.
// CommonJS, as the package.json beside it says: Node's loader of modules takes longer to be there.
require('../dist/bundle/main.cjs')
