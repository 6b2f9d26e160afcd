#!/usr/bin/env -S node --
// Without `--` Node 20 takes --env-file for its own, wherever it stands, and puts the variables into the environment.
import '../dist/bundle/main.js'
