// Browsers from before 2018 know no modules and run this file instead: it shows the sentence in #unsupported.
document.getElementById("unsupported").hidden = false;
