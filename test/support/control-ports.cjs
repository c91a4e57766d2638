// Loaded before a control script (node -r), so that the script itself needs no change for a test's ports.
const projectcontrol = require('hookline/control');
const [sip, us, rtp] = process.env.CONTROL_PORTS.split(',').map(Number);
projectcontrol.sip.port = sip;
projectcontrol.us.port = us;
projectcontrol.rtp.port = rtp;
